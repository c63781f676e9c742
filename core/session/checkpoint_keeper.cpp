#include "core/session/checkpoint_keeper.h"

#include <chrono>
#include <filesystem>

#include "core/base/check.h"
#include "core/eval/coco_ap.h"
#include "core/session/thrown.h"
#include "core/store/run_folder.h"

namespace anchorscope {
namespace fs = std::filesystem;
namespace {

Status saveInto(RunWriter& writer, std::int64_t step, bool best,
                const std::function<Status(const std::string&)>& save) {
  // A run goes on from its checkpoint: what led there must be in the trace first, even if all ends here. A
  // trace that cannot be written is reported on its own; the checkpoint is wanted all the more then.
  for (int tries = 1;; ++tries) {
    (void)writer.flush();
    const std::string folder = writer.folder();
    const fs::path path = best ? bestCheckpointPath(folder) : checkpointPath(folder, step);
    std::error_code code;  // a failure shows when the file is written
    fs::create_directories(path.parent_path(), code);
    Status status = save(path.string());
    (void)writer.flush();
    if (tries == 3) return status;
    if (writer.folder() == folder) {
      if (status || tries == 2) return status;
      continue;  // The folder may have been removed under the writer's hands: once more in a new one.
    }
    // The run's folder was renamed under the writer's hands: nothing stays at its former path, and once more
    // where it is now.
    fs::remove(path, code);
    fs::remove(path.parent_path(), code);
    fs::remove(folder, code);
  }
}

}  // namespace

CheckpointKeeper::CheckpointKeeper(std::shared_ptr<RunWriter> writer, Note note)
    : writer_(std::move(writer)), note_(std::move(note)) {
  if (const auto best = readCheckpointFacts(bestCheckpointPath(writer_->folder()))) bestAp_ = best->ap;
}

CheckpointKeeper::~CheckpointKeeper() {
  if (written_.valid()) written_.wait();
}

void CheckpointKeeper::start(Checkpoint state, std::int64_t keep) {
  collect(/*wait=*/true);
  newest_ = state.facts.step;
  keep_ = keep;
  write(std::move(state), /*best=*/false);
}

void CheckpointKeeper::saveNow(std::int64_t step, std::int64_t keep,
                               const std::function<Status(const std::string&)>& save) {
  collect(/*wait=*/true);
  newest_ = step;
  keep_ = keep;
  best_ = false;
  std::promise<Status> done;
  written_ = done.get_future();
  done.set_value(fenced([&] { return saveInto(*writer_, step, best_, save); }));
  collect(/*wait=*/true);
}

void CheckpointKeeper::startIfBest(const std::function<Checkpoint()>& copyState, double ap) {
  if (!(ap >= 0) || (bestAp_ && ap <= *bestAp_)) return;
  collect(/*wait=*/true);
  bestAp_ = ap;
  Checkpoint state = copyState();
  state.facts.ap = ap;
  write(std::move(state), /*best=*/true);
}

void CheckpointKeeper::write(Checkpoint state, bool best) {
  best_ = best;
  written_ = std::async(std::launch::async, [state = std::move(state), best, writer = writer_]() -> Status {
    return fenced([&] {
      return saveInto(*writer, state.facts.step, best, [&](const std::string& path) {
        return writeCheckpoint(path, state.facts, state.tensors, Overwrite::kYes);
      });
    });
  });
}

void CheckpointKeeper::collect(bool wait) {
  if (!written_.valid()) return;
  if (!wait && written_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  if (Status status = written_.get(); !status) {
    if (best_)
      bestAp_.reset();
    else
      newest_ = -1;
    note_("error", status.error().text());
    return;
  }
  note_("checkpoint", best_ ? concat("best.ckpt, AP ", statText(*bestAp_))
                            : fs::path(checkpointPath({}, newest_)).filename().string());
  if (!best_) removeOld();
}

void CheckpointKeeper::removeOld() {
  if (keep_ <= 0) return;
  std::vector<std::string> own, beforeChange;
  for (std::string& path : listCheckpoints(writer_->folder()))
    (beforeChange_.contains(checkpointStep(path)) ? beforeChange : own).push_back(std::move(path));
  removeAllBut(keep_ + 1, own);
  removeAllBut(keep_, beforeChange);
}

void CheckpointKeeper::removeAllBut(std::int64_t newest, const std::vector<std::string>& paths) {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(paths.size()) - newest; ++i) {
    std::error_code code;
    fs::remove(paths[static_cast<std::size_t>(i)], code);
  }
}

}  // namespace anchorscope
