// The headless program from outside, end to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/cli_testing.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One recorded run that many tests look at.
class RecordedRun : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    run_ = (*folder_ / "run").string();
    const Outcome outcome = run(tinyTraining(run_, 10));
    ASSERT_EQ(outcome.exit, 0) << outcome.err;
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline std::string run_;
};

TEST(Cli, EveryCommandExplainsItself) {
  const Outcome all = run({"--help"});
  EXPECT_EQ(all.exit, 0);
  for (const char* command : {"train", "eval", "compare", "inspect", "figure", "curves", "track", "whatif",
                              "statistics", "info", "data", "methods", "models", "presets", "conformance"}) {
    EXPECT_THAT(all.out, HasSubstr(command));
    const Outcome one = run({command, "--help"});
    EXPECT_EQ(one.exit, 0) << command;
    EXPECT_FALSE(one.out.empty()) << command;
  }
}

TEST(Cli, WrongRequestsExitWithTwo) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"nothing"},
                                                    {"train", "--nothing"},
                                                    {"train", "--steps", "many"},
                                                    {"train", "--data", "demo"},
                                                    {"train", "--method", "muso", "--out", "x"},
                                                    {"train", "--set", "lr", "--out", "x"},
                                                    {"train", "--set", "nonsense=1", "--out", "x"},
                                                    {"train", "--preset", "dem", "--out", "x"},
                                                    {"methods", "muso"},
                                                    {"eval"},
                                                    {"data", "nothing:here"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, 2) << ::testing::PrintToString(arguments) << outcome.err;
    EXPECT_FALSE(outcome.err.empty() && outcome.out.empty());
  }
}

TEST(Cli, BadOptionsAreAnsweredWithTheValidChoices) {
  const auto train = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"train", "--data", "demo", "--out", "not-written"});
    return run(arguments);
  };
  const Outcome choice = train({"--method", "fcos", "--set", "method.fcos_convention=mmd"});
  EXPECT_EQ(choice.exit, 2);
  EXPECT_THAT(choice.err, HasSubstr("torchvision"));
  EXPECT_THAT(choice.err, HasSubstr("mmdet"));
  const Outcome range = train({"--method", "atss", "--set", "method.topk=0"});
  EXPECT_EQ(range.exit, 2);
  EXPECT_THAT(range.err, HasSubstr("topk"));
  const Outcome text =
      train({"--method", "fcos", "--model", "fcos-small", "--set", "method.regress_ranges=64,32"});
  EXPECT_EQ(text.exit, 2);
  EXPECT_THAT(text.err, HasSubstr("regress_ranges"));
  const Outcome heads = train({"--method", "atss", "--model", "fcos-small"});
  EXPECT_EQ(heads.exit, 2);
  EXPECT_THAT(heads.err, HasSubstr("points"));
  const Outcome anchors =
      train({"--method", "fcos", "--model", "retina-small", "--set", "model.ratios=0.5,1,2"});
  EXPECT_EQ(anchors.exit, 2);
  EXPECT_THAT(anchors.err, HasSubstr("3 anchors per location"));
  EXPECT_FALSE(std::filesystem::exists("not-written"));
}

TEST(Cli, MissingThingsExitWithThree) {
  EXPECT_EQ(run({"info", "/nowhere/run"}).exit, 3);
  EXPECT_EQ(run({"data", "voc:/nowhere"}).exit, 3);
  EXPECT_EQ(run({"train", "--config", "/nowhere.toml", "--out", "x"}).exit, 3);
  EXPECT_EQ(run({"train", "--resume", "/nowhere/run"}).exit, 3);
}

TEST(Cli, ListsMethodsAndModelsWithEveryOption) {
  for (const char* kind : {"methods", "models"}) {
    const auto list = jsonOf(run({kind, "--json"}));
    ASSERT_FALSE(list.empty());
    for (const auto& entry : list) {
      EXPECT_FALSE(entry.at("source").get<std::string>().empty()) << entry.at("name");
      for (const auto& option : entry.at("options")) {
        EXPECT_FALSE(option.at("source").get<std::string>().empty())
            << entry.at("name") << ' ' << option.at("name");
        EXPECT_FALSE(option.at("help").get<std::string>().empty())
            << entry.at("name") << ' ' << option.at("name");
      }
    }
  }
  EXPECT_THAT(run({"methods", "musu"}).out, HasSubstr("beta"));
}

TEST(Cli, CountsTheDemo) {
  const auto data = jsonOf(run({"data", "demo", "--json"}));
  EXPECT_GT(data.at("images").get<int>(), 0);
  EXPECT_GT(data.at("objects").get<int>(), 0);
  EXPECT_EQ(data.at("validation"), "demo#val");
  EXPECT_TRUE(data.at("problems").empty());
}

TEST_F(RecordedRun, IsDescribed) {
  const auto info = jsonOf(run({"info", run_, "--json"}));
  EXPECT_EQ(info.at("last_step"), 10);
  EXPECT_EQ(info.at("method"), "musu");
  EXPECT_EQ(info.at("probes").size(), 2U);
  EXPECT_EQ(info.at("probes").begin().value(), (nlohmann::json{0, 4, 8, 10}));
  EXPECT_EQ(info.at("checkpoints").size(), 1U);
  EXPECT_TRUE(info.at("scalars").contains("eval.ap50"));
  // The classes' numbers are the evaluation's, and told as such.
  ASSERT_EQ(info.at("evaluations").size(), 1U);
  const auto evaluation = info.at("evaluations").front();
  EXPECT_EQ(evaluation.at("step"), 10);
  EXPECT_EQ(evaluation.at("metrics").at("ap50"), info.at("scalars").at("eval.ap50"));
  const std::string text = run({"info", run_}).out;
  EXPECT_THAT(text, HasSubstr("musu"));
  EXPECT_THAT(text, HasSubstr("Classes at step 10:\n"));
  for (const std::string name : info.at("classes")) {
    EXPECT_TRUE(evaluation.at("classes").at(name).contains("ap")) << name;
    EXPECT_THAT(text, HasSubstr("  " + name + "  ap "));
    EXPECT_FALSE(info.at("scalars").contains("eval.ap/" + name));
  }
}

TEST_F(RecordedRun, IsNotOverwrittenUnasked) {
  EXPECT_EQ(run(tinyTraining(run_, 10)).exit, 6);
  EXPECT_EQ(jsonOf(run({"info", run_, "--json"})).at("last_step"), 10);
}

TEST_F(RecordedRun, GivesItsCurves) {
  const Outcome curves = run({"curves", run_, "--scalar", "loss.cls", "--scalar", "loss.loc"});
  EXPECT_EQ(curves.exit, 0) << curves.err;
  EXPECT_EQ(std::count(curves.out.begin(), curves.out.end(), '\n'), 11);
  EXPECT_EQ(curves.out.substr(0, curves.out.find('\n')), "step,loss.cls,loss.loc");
  EXPECT_EQ(run({"curves", run_, "--scalar", "loss.clss"}).exit, 3);
  const std::string csv = (*folder_ / "curves.csv").string();
  EXPECT_EQ(run({"curves", run_, "--out", csv}).exit, 0);
  EXPECT_EQ(run({"curves", run_, "--out", csv}).exit, 6);
  EXPECT_EQ(run({"curves", run_, "--out", csv, "--overwrite"}).exit, 0);
}

TEST_F(RecordedRun, TellsWhyForObjectsAndAnchors) {
  const auto image = jsonOf(run({"inspect", run_, "--step", "8", "--json"}));
  EXPECT_EQ(image.at("step"), 8);
  ASSERT_FALSE(image.at("objects").empty());
  const auto object = jsonOf(run({"inspect", run_, "--object", "0", "--json"}));
  const auto& bag = object.at("tables").at("musu.pairs");
  ASSERT_FALSE(bag.empty());
  const auto anchor =
      jsonOf(run({"inspect", run_, "--anchor", bag[0].at("anchor").dump(), "--object", "0", "--json"}));
  EXPECT_TRUE(anchor.at("channels").contains("cls_score"));
  EXPECT_TRUE(anchor.at("decision").at("considered").get<bool>());
  EXPECT_FALSE(anchor.at("decision").at("tests").empty());
  EXPECT_THAT(run({"inspect", run_, "--object", "0"}).out, HasSubstr("musu.bag_size"));
  EXPECT_THAT(run({"inspect", run_, "--anchor", "0"}).out, HasSubstr("cls_score"));
  const auto& first = anchor.at("decision").at("tests")[0];
  EXPECT_GT(first.at("margin").get<double>(), 0);
  EXPECT_EQ(first.at("margin"), first.at("value")) << "it overlaps: above a bound of 0";
  EXPECT_THAT(run({"inspect", run_, "--anchor", bag[0].at("anchor").dump(), "--object", "0"}).out,
              HasSubstr(" to spare, passed\n"));
  EXPECT_TRUE(anchor.at("decision").at("losses").at("loss.cls").contains("share"));
  const auto& why = object.at("why");
  EXPECT_EQ(why.at("heads").at("regression").at("taken"), object.at("values").at("positives.reg"));
  EXPECT_EQ(why.at("state") == "starved", object.at("values").at("starved") == 1);
  EXPECT_FALSE(why.at("levels").empty());
  ASSERT_FALSE(why.at("nearest_misses").empty());
  for (const auto& miss : why.at("nearest_misses"))
    EXPECT_LE(miss.at("lacked").at("margin").get<double>(), 0) << miss.dump();
  const std::string told = run({"inspect", run_, "--object", "0"}).out;
  EXPECT_THAT(told, HasSubstr("Why: " + why.at("summary").get<std::string>()));
  EXPECT_THAT(told, HasSubstr("Nearest misses:\n  anchor "));
  EXPECT_THAT(run({"inspect", run_}).out, HasSubstr("  " + why.at("state").get<std::string>() + "  "));
  EXPECT_EQ(run({"inspect", run_, "--object", "999"}).exit, 3);
  EXPECT_EQ(run({"inspect", run_, "--step", "7"}).exit, 3);
  EXPECT_EQ(run({"inspect", run_, "--step", "soon"}).exit, 2);
  EXPECT_EQ(run({"inspect", run_, "--image", "nobody"}).exit, 3);
}

TEST_F(RecordedRun, FollowsObjectsAndAnchorsThroughTime) {
  const auto object = jsonOf(run({"track", run_, "--object", "0", "--json"}));
  EXPECT_EQ(object.at("steps"), (nlohmann::json{0, 4, 8, 10}));
  ASSERT_EQ(object.at("heads").size(), 2U);
  EXPECT_EQ(object.at("heads")[0].at("head"), "classification");
  EXPECT_TRUE(object.at("heads")[0].at("flip_rate").is_number());
  EXPECT_EQ(object.at("values").at("musu.bag_size").size(), 4U);
  // Moment by moment it is what inspect says of it.
  const auto moment = jsonOf(run({"inspect", run_, "--step", "8", "--object", "0", "--json"}));
  EXPECT_EQ(object.at("values").at("musu.bag_size")[2], moment.at("values").at("musu.bag_size"));
  const std::string anchor = moment.at("tables").at("musu.pairs")[0].at("anchor").dump();
  const auto pair = jsonOf(run({"track", run_, "--anchor", anchor, "--object", "0", "--json"}));
  const auto there =
      jsonOf(run({"inspect", run_, "--step", "8", "--anchor", anchor, "--object", "0", "--json"}));
  EXPECT_EQ(pair.at("values").at("iou")[2], there.at("channels").at("iou"));
  EXPECT_EQ(pair.at("values").at("musu.pairs.joint")[2], moment.at("tables").at("musu.pairs")[0].at("joint"));
  EXPECT_EQ(pair.at("predicted_boxes_in_input")[2], there.at("predicted_box_in_input"));

  const Outcome csv =
      run({"track", run_, "--anchor", "0", "--csv", "--value", "iou", "--value", "cls_score"});
  EXPECT_EQ(csv.exit, 0) << csv.err;
  EXPECT_THAT(csv.out, ::testing::StartsWith("step,iou,cls_score\n0,"));
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 5);
  EXPECT_THAT(run({"track", run_, "--object", "0"}).out, HasSubstr("classification: flip rate "));
  EXPECT_EQ(run({"track", run_}).exit, 2);
  EXPECT_EQ(run({"track", run_, "--object", "999"}).exit, 3);
  const Outcome unknown = run({"track", run_, "--object", "0", "--value", "nothing"});
  EXPECT_EQ(unknown.exit, 3);
  EXPECT_THAT(unknown.err, HasSubstr("musu.bag_size"));
}

TEST_F(RecordedRun, GivesStatisticsOverItsStepsAndGroupsOfOneOfThem) {
  const auto all = jsonOf(run({"statistics", run_, "--json"}));
  std::map<std::string, nlohmann::json> steps;
  for (const auto& series : all.at("statistics")) {
    steps[series.at("name")] = series.at("steps");
    EXPECT_EQ(series.at("steps").size(), series.at("values").size());
  }
  EXPECT_EQ(steps.at("positives.classification"), (nlohmann::json{0, 4, 8, 10}));
  EXPECT_EQ(steps.at("flip_rate.regression"), (nlohmann::json{4, 8, 10}));
  EXPECT_TRUE(steps.contains("mutual_distance.distance"));
  const Outcome csv = run({"statistics", run_, "--csv", "--statistic", "flip_rate"});
  EXPECT_EQ(csv.exit, 0) << csv.err;
  EXPECT_THAT(csv.out, ::testing::StartsWith("statistic,step,value\n"));
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 7);
  EXPECT_THAT(run({"statistics", "--list"}).out, HasSubstr("score_iou"));
  EXPECT_EQ(run({"statistics"}).exit, 2);
  EXPECT_EQ(run({"statistics", run_, "--statistic", "nothing"}).exit, 3);

  for (const char* by : {"role", "level", "class", "object", "image"}) {
    const auto table = jsonOf(run({"statistics", run_, "--by", by, "--step", "8", "--json"}));
    for (const char* loss : {"loss.cls", "loss.loc"}) {
      double sum = 0;
      for (const auto& group : table.at("groups"))
        sum += group.at("losses").at(loss).get<double>();
      const double whole = table.at("all").at("losses").at(loss).get<double>();
      EXPECT_NEAR(sum, whole, 1e-9 * whole) << by;
      EXPECT_GT(whole, 0) << by;
    }
  }
  EXPECT_THAT(run({"statistics", run_, "--by", "level", "--csv"}).out,
              ::testing::StartsWith("level,candidates,"));
  EXPECT_EQ(run({"statistics", run_, "--by", "colour"}).exit, 2);
}

TEST_F(RecordedRun, GivesFigures) {
  const std::string png = (*folder_ / "a.png").string();
  const Outcome first =
      run({"figure", run_, "--step", "last", "--layer", "w_cls", "--object", "0", "--out", png});
  if (first.exit == 9) GTEST_SKIP() << "this build has no Qt, so no figures";
  ASSERT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(readFile(png).substr(1, 3), "PNG");
  EXPECT_EQ(first.err, "");
  EXPECT_EQ(run({"figure", run_, "--out", png}).exit, 6);
  const std::string pdf = (*folder_ / "a.pdf").string(), svg = (*folder_ / "a.svg").string();
  EXPECT_EQ(run({"figure", run_, "--curves", "--out", pdf}).exit, 0);
  EXPECT_EQ(readFile(pdf).substr(0, 5), "%PDF-");
  EXPECT_EQ(run({"figure", run_, "--layer", "iou", "--curves", "--smoothing", "0", "--out", svg}).exit, 0);
  EXPECT_THAT(readFile(svg), HasSubstr("<svg"));
  const Outcome best = run({"figure", run_, "--image", "best", "--layer", "predictions", "--out",
                            (*folder_ / "best.png").string()});
  EXPECT_EQ(best.exit, 0) << best.err;
  EXPECT_THAT(best.out, HasSubstr("Best detected: "));
  const std::string none = (*folder_ / "none.pdf").string();
  EXPECT_EQ(run({"figure", run_, "--layer", "w_clss", "--out", none}).exit, 2);
  EXPECT_EQ(run({"figure", run_, "--object", "999", "--out", none}).exit, 3);
  EXPECT_EQ(run({"figure", run_, "--curves", "--scalar", "nothing", "--out", none}).exit, 3);
  EXPECT_EQ(run({"figure", run_, "--out", (*folder_ / "a.bmp").string()}).exit, 2);
  EXPECT_FALSE(std::filesystem::exists(none));
}

TEST_F(RecordedRun, Evaluates) {
  const std::string json = (*folder_ / "eval.json").string();
  const Outcome outcome = run({"eval", run_, "--json", json});
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  const auto numbers = nlohmann::json::parse(readFile(json));
  EXPECT_EQ(numbers.at("metrics").size(), 18U) << "COCO's 12, and what 6 kinds of error cost";
  EXPECT_EQ(run({"eval", run_, "--json", json}).exit, 6);
  // The same weights under their own name.
  const auto checkpoint = jsonOf(run({"info", run_, "--json"})).at("checkpoints")[0].get<std::string>();
  const std::string again = (*folder_ / "again.json").string();
  ASSERT_EQ(run({"eval", "--weights", checkpoint, "--data", "demo#val", "--json", again}).exit, 0);
  EXPECT_EQ(nlohmann::json::parse(readFile(again)).at("metrics"), numbers.at("metrics"));
}

TEST_F(RecordedRun, GivesWeightsToAnotherWhichSaysWhatFitted) {
  const auto checkpoint = jsonOf(run({"info", run_, "--json"})).at("checkpoints")[0].get<std::string>();
  const std::string other = (*folder_ / "other").string();
  std::vector<std::string> arguments = tinyTraining(other, 1);
  arguments.insert(arguments.end(), {"--weights", checkpoint, "--set", "model.head_depth=1"});
  const Outcome outcome = run(arguments);
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("weights: " + checkpoint));
  EXPECT_THAT(outcome.err, HasSubstr(" tensors loaded, 0 missing, "));
  std::vector<std::string> noted;
  const nlohmann::json info = jsonOf(run({"info", other, "--json"}));
  for (const auto& event : info.at("events"))
    if (event.at("kind") == "weights") noted.push_back(event.at("text"));
  EXPECT_THAT(noted, ::testing::ElementsAre(HasSubstr(" unexpected (")));
}

TEST_F(RecordedRun, IsShownWithoutWhatOfItIsDamaged) {
  const std::string copy = (*folder_ / "damaged").string(), trace = copy + "/trace.sqlite";
  std::filesystem::copy(run_, copy, std::filesystem::copy_options::recursive);
  std::string bytes = readFile(trace);
  const std::size_t at = bytes.find("\"config_toml\":");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 16] = '\x01';  // in the text of the configuration
  std::ofstream(trace, std::ios::binary) << bytes;
  const Outcome text = run({"info", copy});
  EXPECT_EQ(text.exit, 0) << text.err;
  EXPECT_THAT(text.err, HasSubstr("Note: The record 'run' of the trace is damaged"));
  EXPECT_EQ(text.err.find("json"), std::string::npos) << text.err;
  EXPECT_LT(text.err.size(), 300u) << text.err;
  const auto json = jsonOf(run({"info", copy, "--json"}));
  EXPECT_EQ(json.at("damaged").size(), 1u);
  EXPECT_FALSE(json.at("scalars").empty());
  EXPECT_EQ(run({"inspect", copy, "--step", "last"}).exit, 0);
  std::filesystem::remove_all(copy);
}

TEST(Cli, AnInterruptedRunIsSavedAndGoesOnAsIfNothingHadHappened) {
  const TemporaryFolder folder;
  const std::string straight = (folder / "straight").string(),
                    interrupted = (folder / "interrupted").string();
  ASSERT_EQ(run(tinyTraining(straight, 40)).exit, 0);

  Process process(tinyTraining(interrupted, 40), folder);
  process.waitForText("step 1/");
  process.interrupt();
  const Outcome outcome = process.wait();
  const auto stopped = jsonOf(run({"info", interrupted, "--json"}));
  if (stopped.at("last_step") != 40) {
    EXPECT_EQ(outcome.exit, 130) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("--resume " + interrupted));
  }
  EXPECT_EQ(stopped.at("checkpoints").size(), 1U);
  const Outcome resumed = run({"train", "--resume", interrupted});
  ASSERT_EQ(resumed.exit, 0) << resumed.err;
  EXPECT_EQ(run({"curves", straight, "--scalar", "loss.total", "--scalar", "eval.ap"}).out,
            run({"curves", interrupted, "--scalar", "loss.total", "--scalar", "eval.ap"}).out);
}

/// Writes a VOC set of three grey 40 x 40 images; gives its spec.
std::string writeVocSet(const TemporaryFolder& folder) {
  for (const char* name : {"a", "b", "c"}) {
    const std::string image = std::string(name) + ".ppm";
    folder.write("JPEGImages/" + image, "P6\n40 40\n255\n" + std::string(40 * 40 * 3, '\x80'));
    folder.write("Annotations/" + std::string(name) + ".xml",
                 "<annotation><filename>" + image +
                     "</filename><size><width>40</width><height>40</height><depth>3</depth></size><object>"
                     "<name>cell</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>30</xmax><ymax>30</ymax>"
                     "</bndbox></object></annotation>");
  }
  return "voc:" + folder.path().string();
}

TEST(Cli, ADamagedFirstImageDoesNotEndATraining) {
  const TemporaryFolder folder;
  const std::string spec = writeVocSet(folder);
  folder.write("JPEGImages/a.ppm", "P6\n40 40\n255\n" + std::string(40, '\x80'));
  std::vector<std::string> arguments = tinyTraining((folder / "run").string(), 3);
  arguments[2] = spec;
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("Bad records"));
  const Outcome named = run({"train", "--data", spec, "--probe", "a", "--size", "64", "--threads", "1",
                             "--steps", "3", "--out", (folder / "named").string()});
  EXPECT_EQ(named.exit, 4) << named.err;
}

TEST_F(RecordedRun, IsNotEvaluatedOnClassesThatItDoesNotKnow) {
  const TemporaryFolder folder;
  const Outcome outcome = run({"eval", run_, "--data", writeVocSet(folder)});
  EXPECT_EQ(outcome.exit, 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("none of the classes"));
}

TEST(Cli, GoingOnRefusesWhatItWouldHaveToIgnore) {
  const auto refusal = [](const std::vector<std::string>& extra) {
    std::vector<std::string> arguments{"train", "--resume", "somewhere"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, 2) << outcome.err;
    return outcome.err;
  };
  for (const std::vector<std::string>& extra : {std::vector<std::string>{"--batch", "3"},
                                                {"--model", "retina-r50"},
                                                {"--seed", "1"},
                                                {"--weights", "w.pth"}})
    EXPECT_THAT(refusal(extra), HasSubstr(extra.front() + " cannot be combined with --resume"));
  EXPECT_THAT(refusal({"--overwrite"}),
              HasSubstr("--overwrite without --out or --from would change nothing"));
  EXPECT_EQ(run({"train", "--from", "3", "--out", "x"}).exit, 2);
}

TEST(Cli, GoingOnKnowsTheOptionsOfTheRunsOwnMethod) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  std::vector<std::string> arguments = tinyTraining(out, 2);
  arguments.insert(arguments.end(), {"--method", "max_iou"});
  ASSERT_EQ(run(arguments).exit, 0);
  // An option of another method first: it must change nothing.
  const Outcome refused = run({"train", "--resume", out, "--steps", "3", "--set", "method.beta=0.5"});
  EXPECT_EQ(refused.exit, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("There is no option 'method.beta'"));
  const Outcome outcome = run({"train", "--resume", out, "--steps", "3", "--set", "method.pos_iou_thr=0.6"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(jsonOf(run({"info", out, "--json"})).at("last_step"), 3);
  EXPECT_EQ(jsonOf(run({"info", out, "--json"})).at("planned_steps"), 3);
  EXPECT_THAT(run({"info", out}).out, HasSubstr("step 3 of 3\n"));
}

TEST(Cli, SaysWhichSettingsChangeNothing) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = tinyTraining((folder / "run").string(), 1);
  arguments.insert(arguments.end(), {"--set", "lip_width=32", "--set", "method.tau_cls=2"});
  const Outcome without = run(arguments);
  ASSERT_EQ(without.exit, 0) << without.err;
  EXPECT_THAT(without.err,
              HasSubstr("Note: model.lip_width changes nothing here: only with downsampling=lip"));
  EXPECT_THAT(without.err, ::testing::Not(HasSubstr("tau_cls")));
  arguments.insert(arguments.end(), {"--set", "downsampling=lip", "--overwrite"});
  const Outcome with = run(arguments);
  ASSERT_EQ(with.exit, 0) << with.err;
  EXPECT_THAT(with.err, ::testing::Not(HasSubstr("changes nothing")));
}

TEST_F(RecordedRun, IsNotEvaluatedWithOptionsThatWouldChangeNothing) {
  for (const std::vector<std::string>& extra : {std::vector<std::string>{"--method", "max_iou"},
                                                {"--preset", "demo"},
                                                {"--seed", "3"},
                                                {"--steps", "5"}}) {
    std::vector<std::string> arguments{"eval", run_};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(extra.front() + " would change nothing"));
  }
}

TEST(Cli, AnEvaluationSaysNoneWhereThereIsNothingToFind) {
  const TemporaryFolder folder;
  const std::string spec = writeVocSet(folder);  // of small objects only
  std::vector<std::string> arguments = tinyTraining((folder / "run").string(), 1);
  arguments[2] = spec;
  ASSERT_EQ(run(arguments).exit, 0);
  const Outcome outcome = run({"eval", (folder / "run").string(), "--validation", spec});
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ap_large  none"));
  EXPECT_THAT(outcome.out, ::testing::Not(HasSubstr("-1")));
}

TEST(Cli, AnErrorIsToldOnce) {
  const TemporaryFolder folder;
  const Outcome outcome = run({"train", "--data", "voc:/no/such/folder", "--out", (folder / "run").string()});
  EXPECT_EQ(outcome.exit, 3);
  const std::size_t first = outcome.err.find("No file or folder");
  ASSERT_NE(first, std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("No file or folder", first + 1), std::string::npos) << outcome.err;
}

TEST(Cli, ATrainingWhoseRecordIsIncompleteDoesNotEndAsIfAllWereWell) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  // A folder in which nobody can make files.
  std::filesystem::create_directories(out);
  std::filesystem::create_directory_symlink("/proc/self", out + "/checkpoints");
  const Outcome outcome = run(tinyTraining(out, 2));
  EXPECT_EQ(outcome.exit, 5) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("step-00000002.ckpt"));
  EXPECT_THAT(outcome.err, ::testing::Not(HasSubstr("Recorded in")));
}

TEST(Cli, AConfigurationFileRepeatsARun) {
  const TemporaryFolder folder;
  const std::string first = (folder / "first").string(), second = (folder / "second").string();
  ASSERT_EQ(run(tinyTraining(first, 3)).exit, 0);
  ASSERT_EQ(run({"train", "--config", first + "/config.toml", "--out", second}).exit, 0);
  EXPECT_EQ(run({"curves", first, "--scalar", "loss.total"}).out,
            run({"curves", second, "--scalar", "loss.total"}).out);
}

TEST(Cli, ConformancePassesOnBoxes) {
  ANCHORSCOPE_REQUIRE_SHARED(goldens, "goldens/boxes");
  const Outcome outcome = run({"conformance", goldens.string(), "--device", "cpu"});
  EXPECT_EQ(outcome.exit, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(" 0 failed"));
}

TEST(Cli, ConformanceFailsOnAWrongValue) {
  ANCHORSCOPE_REQUIRE_SHARED(golden, "goldens/boxes/iou__basic.json");
  auto json = nlohmann::json::parse(readFile(golden));
  const auto breakFirst = [](auto&& self, nlohmann::json& node) -> bool {
    if (node.is_number_float()) {
      node = node.get<double>() + 0.25;
      return true;
    }
    if (node.is_structured())
      for (auto& child : node)
        if (self(self, child)) return true;
    return false;
  };
  ASSERT_TRUE(breakFirst(breakFirst, json.at("expected")));
  const TemporaryFolder folder;
  const auto path = folder.write("iou__wrong.json", json.dump());
  EXPECT_EQ(run({"conformance", path.string(), "--device", "cpu"}).exit, 1);
}

}  // namespace
}  // namespace anchorscope::testing
