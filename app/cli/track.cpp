// A candidate or an object of a recorded run through all its recorded steps: track.
#include <cmath>
#include <iostream>
#include <limits>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/store/run_track.h"

namespace anchorscope::cli {
namespace {

struct TrackOptions {
  std::string folder, probe, stage, variant;
  std::vector<std::string> columns;
  std::int64_t object = -1, anchor = -1;
  bool json = false, csv = false;
};

nlohmann::ordered_json trackJson(const Track& track, const std::string& probe,
                                 const std::vector<std::string>& leftOut) {
  nlohmann::ordered_json out{{"image", probe}, {"stage", track.subject.stage}};
  if (track.subject.candidate >= 0) {
    out["anchor"] = track.subject.candidate;
    out["address"] = track.address;
  }
  if (track.subject.object >= 0) out["object"] = track.subject.object;
  out["steps"] = track.steps;
  out["values"] = nlohmann::ordered_json::object();
  for (const TrackColumn& column : track.columns) {
    auto values = nlohmann::ordered_json::array();
    for (const double value : column.values)
      values.push_back(jsonNumber(value));
    out["values"][column.name] = std::move(values);
  }
  if (!track.boxesInInput.empty()) {
    out["predicted_boxes_in_input"] = nlohmann::ordered_json::array();
    for (const Box& box : track.boxesInInput)
      out["predicted_boxes_in_input"].push_back({box.x1, box.y1, box.x2, box.y2});
  }
  out["heads"] = nlohmann::ordered_json::array();
  for (const TrackHead& head : track.heads)
    out["heads"].push_back({{"head", head.head},
                            {"flip_rate", jsonNumber(head.flipRate)},
                            {"stability", jsonNumber(head.stability)}});
  if (!leftOut.empty()) out["left_out"] = leftOut;
  return out;
}

/// Of each value where it began, where it ended and between what it was.
void printText(const Track& track, const std::string& probe) {
  std::string subject = track.address;
  if (track.subject.object >= 0)
    subject += concat(subject.empty() ? "" : ", ", "object ", track.subject.object);
  std::cout << probe << ", " << subject << ": "
            << counted(static_cast<std::int64_t>(track.steps.size()), "recorded moment");
  if (!track.steps.empty()) std::cout << ", steps " << track.steps.front() << " to " << track.steps.back();
  std::cout << '\n';
  for (const TrackHead& head : track.heads)
    std::cout << "  " << head.head << ": flip rate "
              << (std::isnan(head.flipRate) ? "none" : shortNumber(head.flipRate)) << ", stability "
              << (std::isnan(head.stability) ? "none" : shortNumber(head.stability)) << '\n';
  for (const TrackColumn& column : track.columns) {
    double low = INFINITY, high = -INFINITY, first = NAN, last = NAN;
    for (const double value : column.values) {
      if (std::isnan(value)) continue;
      if (std::isnan(first)) first = value;
      last = value;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    std::cout << "  " << column.name << "  ";
    if (std::isnan(first))
      std::cout << "never there\n";
    else
      std::cout << shortNumber(first) << " -> " << shortNumber(last) << ", " << shortNumber(low) << " .. "
                << shortNumber(high) << '\n';
  }
}

Status track(const TrackOptions& options) {
  if (options.anchor < 0 && options.object < 0)
    return makeError(ErrorCode::kUsage, "Nothing is named that could be followed",
                     "Give --anchor or --object, or both for the pair");
  auto opened = openRun(options.folder);
  if (!opened) return std::move(opened).error();
  auto probe = findProbe(**opened, options.probe);
  if (!probe) return std::move(probe).error();
  TrackReader reader(
      **opened,
      {*probe, options.variant, {options.stage, options.anchor, static_cast<std::int32_t>(options.object)}});
  while (true) {
    Result<bool> more = reader.readNext();
    if (!more) return std::move(more).error();
    if (!*more) break;
  }
  tellDamage(**opened);
  Track followed = reader.track();
  for (const std::string& problem : reader.problems())
    std::cerr << "Note: left out: " << problem << '\n';
  if (followed.steps.empty())
    return makeError(ErrorCode::kNotFound, concat("No moment of '", *probe, "' could be followed"));
  if (!options.columns.empty()) ANCHORSCOPE_TRY(followed.keepColumns(options.columns));
  if (options.json)
    std::cout << jsonText(trackJson(followed, *probe, reader.problems()));
  else if (options.csv)
    std::cout << trackCsv(followed);
  else
    printText(followed, *probe);
  return {};
}

}  // namespace

void addTrack(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("track", "Follow an anchor or an object through all recorded steps");
  auto options = std::make_shared<TrackOptions>();
  command->add_option("RUN", options->folder, "Run folder")->required();
  command->add_option("--probe,--image", options->probe, "Probe image (else: the first)");
  command->add_option("--object", options->object, "Object, counted from 0: its columns, who learns it")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()));
  command
      ->add_option("--anchor", options->anchor,
                   "Anchor (or other candidate of the stage), counted from 0: its values; with --object the "
                   "pair's as well")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()));
  command->add_option("--stage", options->stage,
                      "Stage of the detector, by name (else: the last, which detects)");
  command->add_option("--variant", options->variant,
                      "What a variant recorded beside the run says, by its name (else: the run's own)");
  command->add_option("--value", options->columns, "Only these values; may be repeated");
  auto* json = command->add_flag("--json", options->json, "As JSON");
  command->add_flag("--csv", options->csv, "As CSV, a line per recorded step")->excludes(json);
  command->callback([options, &exit] { exit = finish(track(*options)); });
}

}  // namespace anchorscope::cli
