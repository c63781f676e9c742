#include "widgets/canvas/canvas_wipe.h"

#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/state/canvas_model.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kLinePx = 13, kLabelPx = 8;
constexpr double kLeast = 0.02, kPerKey = 0.02;

/// What tells it from the other: run, variant, image, step.
QStringList factsOf(const CanvasModel& model) {
  QStringList facts{model.run(), model.variant(), model.probeName()};
  facts << (model.frame() ? CanvasWipe::tr("step %1").arg(countText(model.frame()->step))
                          : CanvasWipe::tr("nothing"));
  return facts;
}

}  // namespace

/// Ours to drag: wider than it is drawn.
class CanvasWipe::Line : public QWidget {
 public:
  explicit Line(CanvasWipe& wipe) : QWidget(&wipe), wipe_(wipe) {
    setObjectName(QStringLiteral("wipeLine"));
    setCursor(Qt::SplitHCursor);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(CanvasWipe::tr("Line between the two canvases"));
    setToolTip(CanvasWipe::tr("Drag it: the canvas to the left, the next one to the right"));
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPointF middle = QRectF(rect()).center();
    painter.setPen(QPen(theme.halo, 4));
    painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), height()));
    painter.setPen(QPen(hasFocus() ? theme.selection : theme.object, 2));
    painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), height()));
    painter.setBrush(theme.selection);
    painter.setPen(QPen(theme.object, 1));
    painter.drawRoundedRect(QRectF(middle.x() - 4, middle.y() - 16, 8, 32), 4, 4);
  }
  void mousePressEvent(QMouseEvent* event) override { event->accept(); }
  void mouseMoveEvent(QMouseEvent* event) override {
    if (event->buttons() & Qt::LeftButton)
      wipe_.setShare(mapToParent(event->position()).x() / std::max(1, wipe_.width()));
  }
  void keyPressEvent(QKeyEvent* event) override {
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)
      wipe_.setShare(wipe_.share() + (event->key() == Qt::Key_Left ? -kPerKey : kPerKey));
    else
      QWidget::keyPressEvent(event);
  }

 private:
  CanvasWipe& wipe_;
};

CanvasWipe::CanvasWipe(CanvasView& canvas, CanvasModel& model, CanvasModel& other)
    : QWidget(&canvas),
      canvas_(canvas),
      model_(model),
      otherModel_(other),
      view_(new CanvasView(other, this)),
      line_(new Line(*this)),
      left_(new QLabel(this)),
      right_(new QLabel(this)) {
  setObjectName(QStringLiteral("canvasWipe"));
  view_->setMinimumSize(0, 0);
  view_->setStatusTip({});
  view_->setAccessibleName(tr("The other canvas"));
  for (QLabel* label : {left_, right_}) {
    label->setProperty("role", "card");
    label->setAttribute(Qt::WA_TransparentForMouseEvents);
  }
  left_->setObjectName(QStringLiteral("wipeLeft"));
  right_->setObjectName(QStringLiteral("wipeRight"));
  canvas_.installEventFilter(this);
  for (const CanvasModel* each : {&model_, &otherModel_}) {
    connect(each, &CanvasModel::frameChanged, this, &CanvasWipe::refresh);
    connect(each, &CanvasModel::wanted, this, &CanvasWipe::refresh);
  }
  refresh();
  arrange();
  show();
}

void CanvasWipe::setShare(double share) {
  share_ = std::clamp(share, kLeast, 1 - kLeast);
  arrange();
}

void CanvasWipe::arrange() {
  setGeometry(canvas_.rect());
  const int at = static_cast<int>(std::lround(share_ * width()));
  // As large as the canvas below, of which the mask leaves one side; it takes no clicks on the other.
  view_->setGeometry(rect());
  view_->setMask(QRegion(at, 0, width() - at, height()));
  line_->setGeometry(at - kLinePx / 2, 0, kLinePx, height());
  left_->move(std::max(0, at - kLinePx - left_->width()), kLabelPx);
  right_->move(at + kLinePx, kLabelPx);
  // Left of the line clicks are the canvas' below.
  setMask(QRegion(at - kLinePx / 2, 0, width() - at + kLinePx / 2, height()) + left_->geometry());
}

void CanvasWipe::refresh() {
  const QStringList a = factsOf(model_), b = factsOf(otherModel_);
  QStringList left, right;
  for (qsizetype i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    left << a[i];
    right << b[i];
  }
  left.removeAll(QString());
  right.removeAll(QString());
  left_->setText(left.isEmpty() ? tr("this canvas") : left.join(QStringLiteral(" · ")));
  right_->setText(right.isEmpty() ? tr("the next one") : right.join(QStringLiteral(" · ")));
  left_->adjustSize();
  right_->adjustSize();
  arrange();
}

bool CanvasWipe::eventFilter(QObject* watched, QEvent* event) {
  if (watched == &canvas_ && event->type() == QEvent::Resize) arrange();
  return QWidget::eventFilter(watched, event);
}

}  // namespace anchorscope
