#pragma once
// The evidence of a recorded run, also of one that is being recorded.

#include <memory>

#include "widgets/source/evidence_source.h"
#include "widgets/source/reader_thread.h"

namespace anchorscope {

/// Opens its run at once, on its own thread: opened() or cannotOpen() is told later.
class RecordedSource final : public EvidenceSource {
  Q_OBJECT

 public:
  explicit RecordedSource(const QString& folder, ReaderOptions options = {}, QObject* parent = nullptr);
  ~RecordedSource() override;

  bool isOpen() const { return open_; }
  /// Empty until it is open; as of the last refresh.
  const RunHeader& header() const override { return outline_.header; }
  std::int64_t lastStep() const { return outline_.lastStep; }
  std::int64_t frames() const { return outline_.frames; }

  const EvidenceDeclaration& declaration() const override { return outline_.header.declaration; }
  std::optional<RunConfig> config() const override { return config_; }
  const RecordedSteps& steps() const override { return outline_.steps; }
  void request(const MomentQuery& query) override;
  void follow(const std::optional<TrackQuery>& query) override { reader_->follow(query); }
  /// Of the boxes alone: what the heads said was not recorded.
  void ask(const QString& variants) override { reader_->ask(variants); }
  std::vector<std::int64_t> checkpoints() const override { return outline_.checkpoints; }
  void holdStep(std::int64_t step) override { reader_->hold(step); }
  QString folder() const override { return folder_; }
  /// Looks for what has been recorded since; stepsChanged() tells when there is something.
  void refresh();
  /// Has the events and scalars told that are recorded by then.
  void tellSeries() { reader_->tellSeries(); }
  /// All that was asked for has been told, and what is probably asked for next has been read.
  bool isRested() const { return rested_ == reader_->asked(); }
  /// All that were found so far.
  const std::vector<std::string>& problems() const { return problems_; }

 signals:
  void cannotOpen(const anchorscope::Error& error);
  void rested();

 private:
  ReaderReports reports();

  const QString folder_;
  bool open_ = false;
  std::int64_t rested_ = -1;  ///< After so many things that were asked for.
  RunOutline outline_;
  std::optional<RunConfig> config_;  ///< Nothing for one that this version cannot read.
  std::vector<std::string> problems_;
  std::unique_ptr<ReaderThread> reader_;  // told nothing of once it is gone
};

}  // namespace anchorscope
