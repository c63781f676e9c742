#pragma once
// A button of text that gives way: cut off with "…" where there is no room.

#include <QStyleOptionToolButton>
#include <QStylePainter>
#include <QToolButton>

namespace anchorscope {

/// Wants its whole text, takes less.
class ElidedButton : public QToolButton {
 public:
  using QToolButton::QToolButton;
  QSize minimumSizeHint() const override { return {48, QToolButton::minimumSizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QStylePainter painter(this);
    QStyleOptionToolButton option;
    initStyleOption(&option);
    constexpr int kPadding = 16;  // of the style sheet's link, on both sides
    option.text = fontMetrics().elidedText(option.text, Qt::ElideRight, width() - kPadding);
    painter.drawComplexControl(QStyle::CC_ToolButton, option);
  }
};

}  // namespace anchorscope
