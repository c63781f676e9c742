#pragma once
// One kind of what can be done or gone to from the palette of commands.

#include <QString>

namespace anchorscope {

/// Its entries are numbered; what they are is asked only of those that are looked at. GUI thread only.
class PaletteSource {
 public:
  virtual ~PaletteSource() = default;
  PaletteSource() = default;
  PaletteSource(const PaletteSource&) = delete;
  PaletteSource& operator=(const PaletteSource&) = delete;

  /// In one word, as it stands beside each entry: "command", "image".
  virtual QString kind() const = 0;
  /// What there is changes here alone: the palette is about to be shown.
  virtual void refresh() = 0;
  virtual int count() const = 0;
  /// What is matched and shown.
  virtual QString text(int entry) const = 0;
  /// By what it is known again among those used last; unique in its kind.
  virtual QString id(int entry) const { return text(entry); }
  virtual QString detail(int) const { return {}; }  ///< Where it stands or what it does.
  virtual QString keys(int) const { return {}; }    ///< Its shortcut.
  /// Why it cannot be done; empty: it can.
  virtual QString whyNot(int) const { return {}; }
  virtual void run(int entry) = 0;
};

}  // namespace anchorscope
