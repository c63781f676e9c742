#pragma once
// The list of scalars to draw: searchable, with titles and units; stays open while several are chosen.

#include <QFrame>
#include <QStringList>
#include <vector>

#include "widgets/plot/curve_sets.h"

class QComboBox;
class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace anchorscope {

/// A popup; a click beside it or Esc closes it. GUI thread only.
class ScalarPicker : public QFrame {
  Q_OBJECT

 public:
  struct Row {
    QString name, title, unit, help;
  };

  explicit ScalarPicker(QWidget* parent = nullptr);
  void setRows(const std::vector<Row>& rows, const QStringList& chosen);
  /// What is offered above the list to be chosen with one click, instead of what is chosen.
  void setSets(const std::vector<CurveSet>& sets);
  /// Beside a widget, where the screen has room.
  void popUp(const QWidget& beside);

  QSize sizeHint() const override { return {560, 380}; }

 signals:
  void toggled(const QString& name, bool on);
  void setChosen(const QStringList& names);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void filter(const QString& text);
  void toggle(QTreeWidgetItem* item);

  QLineEdit* search_;
  QComboBox* sets_;
  QTreeWidget* list_;
};

}  // namespace anchorscope
