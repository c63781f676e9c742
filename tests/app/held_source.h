#pragma once
// A run's evidence that is given when a test says so.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/synthetic_frame.h"
#include "widgets/source/evidence_source.h"

namespace anchorscope::testing {

/// A frame of an image of this name.
inline std::shared_ptr<const ProbeFrame> momentOf(const std::string& name, std::int64_t step,
                                                  const std::string& variant = {}) {
  StageEvidence evidence =
      *makeSyntheticEvidence({.imageSize = {96, 64}, .inputSize = {96, 64}, .objectCount = 4, .step = step});
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = name;
  evidence.image = image;
  // Under the name that frames are compared by.
  Channel winners = *evidence.channel(evidence.decisions.at(0).outcomes.at(0).winnerChannel);
  winners.spec.name = "assigned_cls";
  evidence.channels.push_back(std::move(winners));
  if (!variant.empty()) evidence.variant = std::make_shared<const Variant>(Variant{variant, {}});
  return ProbeFrame::of(std::move(evidence));
}

/// Answers when it is told to.
class HeldSource final : public EvidenceSource {
 public:
  explicit HeldSource(QString folder = QStringLiteral("/runs/one")) : folder_(std::move(folder)) {}

  const EvidenceDeclaration& declaration() const override { return declaration_; }
  const RecordedSteps& steps() const override { return steps_; }
  std::optional<RunConfig> config() const override { return its; }
  void request(const MomentQuery& query) override { asked.push_back(query); }
  void follow(const std::optional<TrackQuery>&) override {}
  void ask(const QString& variants) override { questions.push_back(variants); }
  std::vector<std::int64_t> checkpoints() const override { return saved; }
  void holdStep(std::int64_t step) override { heldStep = step; }
  QString folder() const override { return folder_; }

  /// Everything that was asked for, of a run with probes a and b and the variant "atss" at even steps.
  void answer() {
    for (const MomentQuery& query : std::exchange(asked, {})) {
      Moment moment;
      moment.step = query.step;
      moment.view = query.view;
      if (query.step % 2 == 0) moment.variants = {{"atss", {}}};
      moment.probes = {momentOf("a", query.step), momentOf("b", query.step)};
      const std::string probe = query.probe == "b" ? "b" : "a";
      if (query.variant.isEmpty() || !moment.variants.empty())
        moment.frame = momentOf(probe, query.step, query.variant.toStdString());
      emit momentArrived(moment);
    }
  }

  void setSteps(std::vector<std::int64_t> steps) {
    steps_ = std::make_shared<const std::vector<std::int64_t>>(std::move(steps));
  }

  std::vector<MomentQuery> asked;
  QStringList questions;
  std::optional<RunConfig> its;
  std::vector<std::int64_t> saved;  ///< Steps with a checkpoint.
  std::int64_t heldStep = -1;

 private:
  QString folder_;
  EvidenceDeclaration declaration_;
  RecordedSteps steps_ = std::make_shared<const std::vector<std::int64_t>>();
};

}  // namespace anchorscope::testing
