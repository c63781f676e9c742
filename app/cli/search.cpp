// Images of a recorded run or of a data set that answer a search: the window's, on the command line.
#include <algorithm>
#include <iostream>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/text.h"
#include "core/data/dataset.h"
#include "core/evidence/image_query.h"

namespace anchorscope::cli {
namespace {

struct SearchOptions {
  std::string folder, data, step = "last", query;
  std::uint64_t seed = 0;
  bool json = false;
};

/// What is found, and how many images there were and of how many it cannot be said.
struct Found {
  std::vector<SearchedImage> images;
  std::int64_t among = 0, unknown = 0;
  void consider(const ImageQuery& query, SearchedImage facts) {
    ++among;
    const std::optional<bool> answer = query.answer(facts);
    if (!answer) ++unknown;
    if (answer.value_or(false)) images.push_back(std::move(facts));
  }
};

struct Column {
  const char* name;
  std::optional<double> SearchedImage::*value;
};
constexpr Column kColumns[] = {
    {"objects", &SearchedImage::objects}, {"size", &SearchedImage::smallest},
    {"starved", &SearchedImage::starved}, {"contested", &SearchedImage::contested},
    {"served", &SearchedImage::served},   {"ignored", &SearchedImage::ignored},
    {"loss", &SearchedImage::loss},       {"iou", &SearchedImage::worstIou},
};

void print(const Found& found, bool json) {
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const SearchedImage& facts : found.images) {
      nlohmann::ordered_json entry{{"image", facts.name}, {"classes", facts.classes}};
      for (const Column& column : kColumns)
        entry[column.name] =
            facts.*column.value ? jsonNumber(*(facts.*column.value)) : nlohmann::ordered_json(nullptr);
      list.push_back(std::move(entry));
    }
    std::cout << jsonText(list);
  } else {
    std::vector<std::vector<std::string>> rows{{"image"}};
    for (const Column& column : kColumns)
      rows.front().emplace_back(column.name);
    rows.front().emplace_back("classes");
    for (const SearchedImage& facts : found.images) {
      std::vector<std::string> row{printable(facts.name)};
      for (const Column& column : kColumns)
        row.push_back(facts.*column.value ? shortNumber(*(facts.*column.value)) : "-");
      row.push_back(printable(join(facts.classes, ", ")));
      rows.push_back(std::move(row));
    }
    std::cout << found.images.size() << " of " << counted(found.among, "image") << '\n';
    if (!found.images.empty()) printTable(rows);
  }
  if (found.unknown > 0)
    std::cerr << "Note: of " << counted(found.unknown, "image") << " it is not known whether it is so\n";
}

Result<Found> ofRun(const SearchOptions& options, const ImageQuery& query) {
  auto run = openRun(options.folder);
  if (!run) return std::move(run).error();
  auto step = parseStep(*(*run)->recordedSteps(), options.step);
  if (!step) return std::move(step).error().in(concat("searching in '", options.folder, "'"));
  const std::vector<std::string> there = (*run)->probesAt(*step);
  // One that is nowhere is told with the nearest.
  if (there.empty()) return (*run)->frame((*run)->probeNames().front(), *step).error();
  Found found;
  for (const std::string& probe : (*run)->probeNames()) {
    SearchedImage facts;
    facts.name = probe;
    if (std::find(there.begin(), there.end(), probe) != there.end()) {
      if (const auto frame = (*run)->frame(probe, *step))
        facts = imageFacts(**frame);
      else
        std::cerr << "Note: " << printable(frame.error().message) << '\n';
    }
    found.consider(query, std::move(facts));
  }
  tellDamage(**run);
  return found;
}

Result<Found> ofData(const SearchOptions& options, const ImageQuery& query) {
  const auto data = openDataset(options.data, DatasetOptions(options.seed));
  if (!data) return data.error();
  Found found;
  for (const ImageRecord& record : (*data)->images()) {
    ProbeImage image;
    image.name = record.name;
    for (const Annotation& annotation : record.annotations)
      image.objects.push_back({annotation.boxInImage, annotation.classIndex, isIgnored(annotation)});
    found.consider(query, imageFacts(image, (*data)->classNames()));
  }
  return found;
}

Status search(const SearchOptions& options) {
  if (options.folder.empty() == options.data.empty())
    return makeError(ErrorCode::kUsage,
                     "Images are searched in a run folder or in a data set, and one of them is to be named",
                     "Give --run FOLDER or --data SPEC");
  const auto query = ImageQuery::parse(options.query);
  if (!query) return query.error();
  const auto found = options.folder.empty() ? ofData(options, *query) : ofRun(options, *query);
  if (!found) return found.error();
  print(*found, options.json);
  return {};
}

}  // namespace

void addSearch(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand(
      "search", "Find images by name, class, size, and in a recorded run by what trains on their objects");
  auto options = std::make_shared<SearchOptions>();
  command
      ->add_option("QUERY", options->query,
                   "What is looked for; all of it has to hold. Behind -- where it begins with -")
      ->required();
  CLI::Option* run = command->add_option("--run", options->folder, "Run folder, whose probes are searched");
  command->add_option("--data", options->data, "Data set, as for train --data, by its labels")->excludes(run);
  command->add_option("--step", options->step, "Recorded step of the run, first or last")
      ->capture_default_str()
      ->needs(run);
  command->add_option("--seed", options->seed, "Seed of #train and #val where the set has no splits");
  command->add_flag("--json", options->json, "As a JSON list");
  std::string forms = "QUERY:\n";
  for (const auto& [form, help] : ImageQuery::syntax())
    forms += "  " + form + std::string(form.size() < 26 ? 26 - form.size() : 1, ' ') + help + "\n";
  command->footer(forms);
  command->callback([options, &exit] { exit = finish(search(*options)); });
}

}  // namespace anchorscope::cli
