#include "core/compare/comparison_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "core/base/check.h"
#include "core/base/duration.h"
#include "core/store/csv.h"

namespace anchorscope {
namespace {

constexpr const char* kMissing = "—";
constexpr const char* kPrefixes[] = {"train", "method", "model", "data"};

std::string fixed(double value, int decimals) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return buffer;
}

/// Text inside a table's cell or a line.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '|') out += '\\';
    out += letter == '\n' ? ' ' : letter;
  }
  return out;
}

const char* plural(std::int64_t count) {
  return count == 1 ? "" : "s";
}

/// One row of the table.
struct Row {
  const PlannedRun* first = nullptr;  ///< The method's first run.
  std::int64_t planned = 0;
  std::vector<const ComparisonResult*> results;   ///< Of this method, in the order of the seeds.
  std::vector<const ComparisonResult*> finished;  ///< Those of them.

  MeanAndSpread of(const std::string& key) const {
    std::vector<double> values;
    for (const ComparisonResult* result : finished)
      if (const auto found = result->numbers.find(key); found != result->numbers.end())
        values.push_back(found->second);
    return meanAndSpread(values);
  }
};

std::vector<Row> rowsOf(const std::vector<PlannedRun>& plan, const std::vector<ComparisonResult>& results) {
  std::vector<Row> rows;
  for (const PlannedRun& run : plan) {
    if (rows.empty() || rows.back().first->label != run.label) rows.push_back({&run, 0, {}, {}});
    Row& row = rows.back();
    ++row.planned;
    for (const ComparisonResult& result : results) {
      if (result.label != run.label || result.seed != run.seed) continue;
      row.results.push_back(&result);
      if (result.outcome == RunOutcome::kFinished) row.finished.push_back(&result);
    }
  }
  return rows;
}

std::string cell(const Row& row, const ComparisonColumn& column) {
  const MeanAndSpread value = row.of(column.key);
  if (value.count == 0) return kMissing;
  std::string out = fixed(value.mean, column.decimals);
  if (value.count > 1) out += concat(" ± ", fixed(value.deviation, column.decimals));
  if (value.count != row.finished.size()) out += concat(" (n = ", value.count, ")");
  return out;
}

/// "seeds 0, 2: diverged at step 14" in short; the reasons stand in the notes.
std::string endedEarly(const Row& row) {
  std::vector<std::string> parts;
  for (const ComparisonResult* result : row.results) {
    if (result->outcome == RunOutcome::kDiverged)
      parts.push_back(concat("seed ", result->seed, " diverged at step ", result->step));
    if (result->outcome == RunOutcome::kFailed) parts.push_back(concat("seed ", result->seed, " failed"));
  }
  const auto missing = row.planned - static_cast<std::int64_t>(row.results.size());
  if (missing > 0) parts.push_back(concat(missing, " run", plural(missing), " to do"));
  return parts.empty() ? kMissing : join(parts, ", ");
}

std::string table(const std::vector<Row>& rows) {
  const bool allWell = std::all_of(rows.begin(), rows.end(), [](const Row& row) {
    return static_cast<std::int64_t>(row.finished.size()) == row.planned;
  });
  std::string head = "| method | n |", rule = "| --- | ---: |";
  for (const ComparisonColumn& column : comparisonColumns()) {
    if (!column.inTable) continue;
    head += concat(" ", column.title, " |");
    rule += " ---: |";
  }
  if (!allWell) {
    head += " not finished |";
    rule += " --- |";
  }
  std::string out = head + "\n" + rule + "\n";
  for (const Row& row : rows) {
    out += concat("| ", escaped(row.first->label), " | ", row.finished.size(), " |");
    for (const ComparisonColumn& column : comparisonColumns())
      if (column.inTable) out += concat(" ", cell(row, column), " |");
    if (!allWell) out += concat(" ", endedEarly(row), " |");
    out += '\n';
  }
  return out;
}

/// Options of `prefix` that are not the same in all methods in which they matter.
std::set<std::string> differing(const std::vector<Row>& rows, const char* prefix) {
  std::map<std::string, std::set<std::string>> values;
  for (const Row& row : rows) {
    const ParamSet& params = paramsOf(row.first->config, prefix);
    for (const ParamSpec& spec : params.specs())
      if (params.applies(spec.name)) values[spec.name].insert(toText(params.get(spec.name)));
  }
  std::set<std::string> out;
  for (const auto& [name, texts] : values)
    if (texts.size() > 1) out.insert(name);
  return out;
}

/// What each row was trained with: all of its method's and model's options that are not defaults, and every
/// option in which the rows differ; of both those that matter in it.
std::string configurations(const std::vector<Row>& rows) {
  std::map<std::string, std::set<std::string>> different;
  for (const char* prefix : kPrefixes)
    different[prefix] = differing(rows, prefix);
  std::string out;
  for (const Row& row : rows) {
    const RunConfig& config = row.first->config;
    std::vector<std::string> parts;
    for (const char* prefix : kPrefixes) {
      const ParamSet& params = paramsOf(config, prefix);
      const bool own = std::string_view(prefix) == "method" || std::string_view(prefix) == "model";
      for (const ParamSpec& spec : params.specs())
        if (params.applies(spec.name) &&
            (different[prefix].contains(spec.name) || (own && !params.isDefault(spec.name))))
          parts.push_back(concat(prefix, ".", spec.name, " = ", toText(params.get(spec.name))));
    }
    out += concat("  - ", row.first->label, ": preset ", row.first->preset, ", method ", config.method,
                  ", model ", config.model, parts.empty() ? "" : "; ", join(parts, ", "), "\n");
  }
  return out;
}

std::string measures(const std::vector<Row>& rows) {
  const ParamSet& train = rows.front().first->config.train;
  return concat(
      "- n: finished runs, one per seed. Numbers are means over them ± the sample standard deviation (n − "
      "1); a "
      "dash: nothing to measure.\n"
      "- AP: COCO average precision on the validation set after the last step; small < 32² px, medium < 96² "
      "px, "
      "large the rest, in px of the original image.\n"
      "- steps/s: median over stretches of at least 10 steps and 0.25 s, so that captures, checkpoints and "
      "the "
      "evaluation do not count.\n"
      "- positives per object: anchors at which the classification head (class) or the box head (box) learns "
      "an "
      "object, summed over the batches of the last quarter of the steps, divided by their trained objects.\n"
      "- p–q correlation: measured alike for every method, after the last step, without augmentation, on "
      "the ",
      train.getInt("probe_count"),
      " probe images (the first of the training set with objects). Per object with at least 3 positives "
      "(anchors that the classification head learns for it, or else the box head): Spearman's correlation of "
      "p, "
      "the sigmoid score of the object's class, and q, the IoU of the predicted box with the object; then "
      "the "
      "mean over these objects.\n");
}

std::string endings(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows)
    for (const ComparisonResult* result : row.results) {
      if (result->outcome != RunOutcome::kFinished)
        out += concat("- ", result->label, ", seed ", result->seed,
                      result->outcome == RunOutcome::kDiverged ? " diverged at step " : " failed at step ",
                      result->step, ": ", escaped(result->reason), "\n");
      for (const std::string& problem : result->problems)
        out += concat("- ", result->label, ", seed ", result->seed, ": ", escaped(problem), "\n");
      if (result->outcome == RunOutcome::kFinished && result->timedSteps + 1 < result->step)
        out += concat("- ", result->label, ", seed ", result->seed,
                      " was interrupted: its steps/s and time are of the last ", result->timedSteps,
                      " steps after it went on.\n");
    }
  return out;
}

/// The bad records that the runs met: one line where all met the same ones.
std::string badRecords(const std::vector<ComparisonResult>& results) {
  std::map<std::string, std::vector<std::string>> runsByText;
  for (const ComparisonResult& result : results) {
    std::vector<std::string> parts;
    for (const auto& [kind, count] : result.badRecords)
      parts.push_back(concat(count, " x ", kind));
    runsByText[join(parts, ", ")].push_back(concat(result.label, ", seed ", result.seed));
  }
  std::string out;
  for (const auto& [text, runs] : runsByText) {
    if (text.empty()) continue;
    out += concat("- Bad records, skipped or clipped (",
                  runsByText.size() == 1 ? "every run" : join(runs, "; "), "): ", escaped(text), ".\n");
  }
  return out;
}

std::string times(const std::vector<Row>& rows) {
  std::vector<std::string> parts;
  double total = 0;
  for (const Row& row : rows) {
    double seconds = 0;
    for (const ComparisonResult* result : row.results)
      seconds += result->seconds;
    total += seconds;
    parts.push_back(concat(row.first->label, " ", durationText(seconds)));
  }
  return concat("- Wall time (min:s or h:min:s) of data, training and evaluation, all seeds: ",
                join(parts, ", "), "; together ", durationText(total), ".\n");
}

std::string machines(const std::vector<ComparisonResult>& results) {
  std::vector<std::string> distinct;
  for (const ComparisonResult& result : results)
    if (std::find(distinct.begin(), distinct.end(), result.machine) == distinct.end())
      distinct.push_back(result.machine);
  return distinct.empty() ? "" : concat("- Machine: ", join(distinct, " and "), ".\n");
}

/// "400" as "400 steps per run".
std::string budgetText(const std::vector<Row>& rows, const std::string& budget) {
  std::set<std::int64_t> steps;
  for (const Row& row : rows)
    steps.insert(row.first->config.train.getInt("steps"));
  std::vector<std::string> each;
  if (steps.size() > 1)
    for (const Row& row : rows)
      each.push_back(concat(row.first->label, " ", row.first->config.train.getInt("steps")));
  const bool inSteps = budget.find_first_not_of("0123456789") == std::string::npos;
  std::string out = concat("- Budget per run: ", inSteps ? "" : concat(budget, ", that is "));
  out += steps.size() == 1 ? concat(*steps.begin(), " steps") : concat("in steps ", join(each, ", "));
  return out + "; the schedule of each preset is stretched to it.\n";
}

std::string seedsText(const std::vector<Row>& rows) {
  std::vector<std::string> seeds;
  for (std::int64_t seed = 0; seed < rows.front().planned; ++seed)
    seeds.push_back(std::to_string(seed));
  return concat("- Seeds (weights, shuffling, augmentation): ", join(seeds, ", "), ".\n");
}

std::string fieldOrNothing(const std::map<std::string, double>& numbers, const std::string& key) {
  const auto found = numbers.find(key);
  return found == numbers.end() ? "" : csvNumber(found->second);
}

const char* outcomeText(RunOutcome outcome) {
  return outcome == RunOutcome::kFinished   ? "finished"
         : outcome == RunOutcome::kDiverged ? "diverged"
                                            : "failed";
}

}  // namespace

MeanAndSpread meanAndSpread(std::span<const double> values) {
  MeanAndSpread out;
  out.count = values.size();
  if (values.empty()) return out;
  for (const double value : values)
    out.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return out;
  double squares = 0;
  for (const double value : values)
    squares += (value - out.mean) * (value - out.mean);
  out.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return out;
}

std::string comparisonMarkdown(const std::vector<PlannedRun>& plan,
                               const std::vector<ComparisonResult>& results, const ComparisonNotes& notes) {
  const std::vector<Row> rows = rowsOf(plan, results);
  ANCHORSCOPE_CHECK(!rows.empty(), "a comparison of nothing");
  return concat("# Comparison\n\n", table(rows), "\n", endings(rows), budgetText(rows, notes.budget),
                "- Data: ", notes.data, ".\n", badRecords(results), seedsText(rows), machines(results),
                times(rows), "- Command: `", notes.command, "`\n", measures(rows),
                "- Configurations, with every option in which they differ:\n", configurations(rows));
}

std::string comparisonCsv(const std::vector<ComparisonResult>& results) {
  std::string out = "method,preset,seed,outcome,step";
  for (const ComparisonColumn& column : comparisonColumns())
    out += ',' + column.key;
  out += ",timed_steps,seconds,machine,reason\r\n";
  for (const ComparisonResult& result : results) {
    out += concat(csvField(result.label), ',', csvField(result.preset), ',', result.seed, ',',
                  outcomeText(result.outcome), ',', result.step);
    for (const ComparisonColumn& column : comparisonColumns())
      out += ',' + fieldOrNothing(result.numbers, column.key);
    out += concat(',', result.timedSteps, ',', csvNumber(result.seconds), ',', csvField(result.machine), ',',
                  csvField(result.reason), "\r\n");
  }
  return out;
}

std::string comparisonSummaryCsv(const std::vector<PlannedRun>& plan,
                                 const std::vector<ComparisonResult>& results) {
  std::string out = "method,preset,planned,finished";
  for (const ComparisonColumn& column : comparisonColumns())
    out += concat(',', column.key, "_mean,", column.key, "_sd,", column.key, "_n");
  out += "\r\n";
  for (const Row& row : rowsOf(plan, results)) {
    out += concat(csvField(row.first->label), ',', csvField(row.first->preset), ',', row.planned, ',',
                  row.finished.size());
    for (const ComparisonColumn& column : comparisonColumns()) {
      const MeanAndSpread value = row.of(column.key);
      out += concat(',', value.count > 0 ? csvNumber(value.mean) : "", ',',
                    value.count > 1 ? csvNumber(value.deviation) : "", ',', value.count);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace anchorscope
