#pragma once
// A line of text that gives way: cut off with "…" where there is no room, whole in its tooltip.

#include <QLabel>
#include <QPainter>
#include <QStyleOption>

#include "widgets/state/theme.h"

namespace anchorscope {

/// Plain text only. Wants its whole text, takes less.
class ElidedLabel : public QLabel {
 public:
  explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr) : QLabel(text, parent) {
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
  }
  QSize minimumSizeHint() const override { return {24, QLabel::minimumSizeHint().height()}; }
  /// In the theme's secondary colour, whatever the theme is when it is drawn.
  void setFaint(bool faint) {
    faint_ = faint;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    QStyleOption option;
    option.initFrom(this);
    if (faint_) option.palette.setColor(foregroundRole(), themeOf(option.palette).secondaryText);
    style()->drawItemText(
        &painter, contentsRect(), static_cast<int>(alignment()), option.palette, isEnabled(),
        fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width()), foregroundRole());
  }

 private:
  bool faint_ = false;
};

}  // namespace anchorscope
