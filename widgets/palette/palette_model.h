#pragma once
// The entries of all sources that answer what was typed, best first. There may be a hundred thousand: rows
// are made for the best of them, the others are counted.

#include <QAbstractListModel>
#include <QString>
#include <QStringList>
#include <memory>
#include <vector>

#include "widgets/palette/fuzzy_pattern.h"
#include "widgets/palette/palette_source.h"

namespace anchorscope {

/// GUI thread only.
class PaletteModel : public QAbstractListModel {
  Q_OBJECT

 public:
  static constexpr int kMostRows = 200, kMostRecent = 40;
  enum Role { kKindRole = Qt::UserRole, kDetailRole, kKeysRole, kWhyNotRole, kPositionsRole };

  explicit PaletteModel(std::vector<std::unique_ptr<PaletteSource>> sources, QObject* parent = nullptr);
  ~PaletteModel() override;

  /// Asks the sources what there is, and shows all of it.
  void refresh();
  /// With nothing typed those used last come first, then everything in its order.
  void setPattern(const QString& typed);
  const FuzzyPattern& pattern() const { return pattern_; }
  /// How many entries answer, of which the first kMostRows are rows.
  int matches() const { return matches_; }
  /// Does what the row says, and remembers it as used last. False, and nothing is done, where it cannot be.
  bool run(int row);

  /// "kind/id" of those used last, newest first.
  const QStringList& recent() const { return recent_; }
  void setRecent(const QStringList& recent);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  struct Entry {
    int source = 0, entry = 0, score = 0;
  };
  void search(bool among);
  void findRecent();
  QString keyOf(const Entry& entry) const;

  std::vector<std::unique_ptr<PaletteSource>> sources_;
  FuzzyPattern pattern_;
  std::vector<Entry> found_;  ///< All that answer, in the sources' order.
  std::vector<Entry> rows_;   ///< The best of them.
  std::vector<std::vector<std::pair<int, int>>>
      bonus_;  ///< By source: entries used lately, and what they get.
  int matches_ = 0;
  QStringList recent_;
};

}  // namespace anchorscope
