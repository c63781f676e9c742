#pragma once
// The curves' names and values over the plot: as many as two lines hold, the rest counted and in the tooltip.

#include <QColor>
#include <QString>
#include <QWidget>
#include <vector>

namespace anchorscope {

/// Takes the width it is given and never asks for more. GUI thread only.
class CurveLegend : public QWidget {
  Q_OBJECT

 public:
  struct Entry {
    QColor color;
    QString title, value;
    bool operator==(const Entry&) const = default;
  };

  explicit CurveLegend(QWidget* parent = nullptr);
  /// `moment`: what the values are of, before them ("step 412"); empty for the newest.
  void setEntries(std::vector<Entry> entries, const QString& moment);
  const std::vector<Entry>& entries() const { return entries_; }
  const QString& moment() const { return moment_; }
  /// Entries that have found a place.
  std::size_t shownCount() const { return places_.size(); }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Place {
    QRect rect;
    QString title;  ///< Cut off where the line is too short.
  };
  std::vector<Place> layOut(int width) const;
  int lineHeight() const;

  std::vector<Entry> entries_;
  QString moment_;
  std::vector<Place> places_;
};

}  // namespace anchorscope
