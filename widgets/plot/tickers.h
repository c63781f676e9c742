#pragma once
// The ticks of plots over steps. Internal to widgets/plot.

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "widgets/models/number_text.h"
#include "widgets/overlays/color_bar.h"

namespace anchorscope {

/// Whole steps, never the same number twice.
class StepTicker : public QCPAxisTicker {
 protected:
  double getTickStep(const QCPRange& range) override {
    const double step = QCPAxisTicker::getTickStep(range);
    return step <= 1 ? 1 : step < 5 ? std::min(step, 2.0) : step;  // 2.5 is none
  }
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return countText(std::llround(tick));
  }
};

/// Numbers as the colour bars show them.
class ValueTicker : public QCPAxisTicker {
 protected:
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return tickText(std::abs(tick) < 1e-9 * tickStep_ ? 0.0 : tick, end_);
  }
  double getTickStep(const QCPRange& range) override {
    tickStep_ = QCPAxisTicker::getTickStep(range);
    end_ = std::max(std::abs(range.lower), std::abs(range.upper));
    return tickStep_;
  }

 private:
  double tickStep_ = 1, end_ = 1;
};

}  // namespace anchorscope
