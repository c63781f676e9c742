#pragma once
// "Why?": the ordered tests of an (anchor, object) pair, passed or failed, with value, bound and margin.

#include <QStringList>
#include <QWidget>

#include "core/evidence/decision.h"

namespace anchorscope {

/// Paints one Decision. GUI thread only.
class DecisionView : public QWidget {
  Q_OBJECT

 public:
  explicit DecisionView(QWidget* parent = nullptr);
  void setDecision(const Decision& decision);
  void clear();
  const Decision& decision() const { return decision_; }
  /// What stands at the right of each row: "0.3 ≥ 0.2 (+0.1)", "not reached".
  QStringList valueTexts() const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {150, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  /// The margin below the numbers where they do not fit beside each other.
  QStringList valueLines(const DecisionRow& row) const;
  bool fitsOneLine(const DecisionRow& row) const;
  int heightOf(const DecisionRow& row) const;
  QFont noteFont() const;
  QRect noteRect(const DecisionRow& row) const;  ///< As if its row began at 0.
  int rowAt(int y) const;

  Decision decision_;
};

}  // namespace anchorscope
