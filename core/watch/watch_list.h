#pragma once
// View header. The watchpoints of a run: as option train.watch writes them, and at work.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/watch/watchpoint.h"

namespace anchorscope {

/// One of train.watch.
struct AskedWatch {
  std::string kind;
  ParamSet params;
  bool on = true;  ///< Written "off loss_spike factor=4", one is kept without watching.

  /// As it is written, with the options that are not the default: "loss_spike factor=8".
  std::string text() const;
};

/// Reads train.watch: watchpoints separated by ";", each "off" (or not), the name of a kind, and its options
/// as name=value; of a kind with WatchKind::wholeText all that follows is that. kUsage names the watchpoint
/// and what is wrong with it. Names of scalars are not checked.
Result<std::vector<AskedWatch>> askedWatches(const std::string& text);
/// The text that is read as these.
std::string watchText(const std::vector<AskedWatch>& watches);

/// A hit and who speaks.
struct WatchReport {
  std::string watch;  ///< AskedWatch::text()
  WatchHit hit;
};

/// Those that are on. Trainer thread only.
class WatchList {
 public:
  WatchList() = default;
  /// kUsage also for scalars that the run does not declare.
  static Result<WatchList> make(const std::string& text, const std::vector<std::string>& declared);

  bool empty() const { return watches_.empty(); }
  bool looksAt(WatchSource source) const;
  std::vector<WatchReport> see(const std::vector<ScalarValue>& scalars);
  /// Of the probes, or of a training batch, at one moment.
  std::vector<WatchReport> see(WatchSource source,
                               const std::vector<std::shared_ptr<const ProbeFrame>>& frames);

 private:
  struct Entry {
    std::string text;
    std::unique_ptr<Watchpoint> watch;
  };
  std::vector<Entry> watches_;
};

/// RunEvent::kind of a hit, and its text, from which it can be read again.
inline constexpr const char* kWatchEvent = "watchpoint";
std::string watchEventText(const WatchReport& report);
/// Whatever the text is: what cannot be read of it is left out.
WatchReport readWatchEvent(const std::string& text);

}  // namespace anchorscope
