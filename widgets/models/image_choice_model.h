#pragma once
// Images of a data set to choose from, of which there may be a hundred thousand: rows are made for what is in
// sight, and a search narrows a list of numbers.

#include <QAbstractListModel>
#include <QString>
#include <string>
#include <vector>

namespace anchorscope {

/// Rows can be checked. GUI thread only.
class ImageChoiceModel : public QAbstractListModel {
  Q_OBJECT

 public:
  /// Those that are checked at first come before the others, each group in the order of `names`.
  ImageChoiceModel(const std::vector<std::string>& names, const std::vector<std::string>& checked,
                   QObject* parent = nullptr);

  /// Rows whose name holds the text, in whatever case; what is checked stays so when it is out of sight.
  void setFilter(const QString& text);
  /// In the order of the unfiltered rows.
  std::vector<std::string> checked() const;
  bool hasChecked() const { return checkedCount_ > 0; }

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 private:
  std::size_t entryOf(const QModelIndex& index) const {
    return shown_[static_cast<std::size_t>(index.row())];
  }

  std::vector<QString> names_;
  std::vector<bool> checked_;
  std::size_t checkedCount_ = 0;
  QString filter_;
  std::vector<std::size_t> shown_;  ///< Into names_.
};

}  // namespace anchorscope
