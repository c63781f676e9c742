#pragma once
// Findings as a Qt model, those that cost most objects first, and the objects one of them speaks of.

#include <QAbstractTableModel>
#include <QSet>
#include <QString>
#include <vector>

#include "core/findings/finding.h"

namespace anchorscope {

/// One row per finding. GUI thread only.
class FindingsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kTitle, kObjects, kImages, kColumns };
  enum Role { kSeverityRole = Qt::UserRole };  ///< int(Severity)

  explicit FindingsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  void show(std::vector<Finding> findings);
  /// Only those of this rule; empty: all.
  void setRule(const QString& rule);
  const QString& rule() const { return rule_; }
  const std::vector<Finding>& findings() const { return findings_; }
  /// Of a row as it is filtered; null where there is no such row.
  const Finding* findingOfRow(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : kColumns; }
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  void filter();

  std::vector<Finding> findings_;
  std::vector<std::size_t> rows_;  ///< Into findings_.
  QString rule_;
};

/// One row per image and object that a finding speaks of. GUI thread only.
class FindingObjectsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kImage, kObject, kColumns };

  explicit FindingObjectsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  void show(std::vector<ObjectRef> who);
  /// Of which images there is evidence to be shown; the others' rows lead nowhere and say so.
  void setShownImages(QSet<QString> images);
  const std::vector<ObjectRef>& who() const { return who_; }
  bool leadsSomewhere(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : kColumns; }
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  std::vector<ObjectRef> who_;
  QSet<QString> images_;
};

/// "problem", "warning", "hint" in the window's language.
QString severityText(Severity severity);

}  // namespace anchorscope
