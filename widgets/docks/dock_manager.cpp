#include "widgets/docks/dock_manager.h"

#include <QAction>
#include <QDockWidget>
#include <QMainWindow>
#include <QPainter>
#include <QScreen>
#include <QSettings>
#include <algorithm>
#include <utility>

#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

/// What a dock is moved by; the panels carry their own titles, so it is a mere strip.
class DockGrip : public QWidget {
 public:
  explicit DockGrip(QDockWidget* dock) : QWidget(dock) {
    setCursor(Qt::SizeAllCursor);
    setToolTip(DockManager::tr("Drag to move “%1”, double-click to let it float; the View menu hides it")
                   .arg(dock->windowTitle()));
  }
  // The dock lays its title out by these.
  QSize sizeHint() const override { return {48, kHeight}; }
  QSize minimumSizeHint() const override { return {16, kHeight}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QColor color = themeOf(palette()).secondaryText;
    color.setAlphaF(underMouse() ? 0.9f : 0.45f);
    painter.setBrush(color);
    for (int dot = -2; dot <= 2; ++dot)
      painter.drawEllipse(QPointF(width() / 2.0 + 6 * dot, height() / 2.0), 1.2, 1.2);
  }
  void enterEvent(QEnterEvent*) override { update(); }
  void leaveEvent(QEvent*) override { update(); }

 private:
  static constexpr int kHeight = 8;
};

const QString kGeometry = QStringLiteral("window/geometry"), kLayout = QStringLiteral("window/layout");

}  // namespace

DockManager::DockManager(QMainWindow& window, int version) : window_(window), version_(version) {
  window_.setDockNestingEnabled(true);
  window_.setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  window_.setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  window_.setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
}

DockManager::~DockManager() {
  qDeleteAll(std::exchange(docks_, {}));
}

QDockWidget* DockManager::add(const QString& id, const QString& title, QWidget* content,
                              Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, &window_);
  dock->setObjectName(id);
  dock->setWidget(content);
  dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable |
                    QDockWidget::DockWidgetClosable);
  dock->setTitleBarWidget(new DockGrip(dock));
  window_.addDockWidget(area, dock);
  // Who asks for one wants to see it, not its tab; which is there when the action has been dealt with.
  connect(
      dock->toggleViewAction(), &QAction::triggered, dock,
      [dock](bool on) {
        if (on) dock->raise();
      },
      Qt::QueuedConnection);
  docks_ << dock;
  return dock;
}

QDockWidget* DockManager::find(const QString& id) const {
  const auto found = std::ranges::find(docks_, id, &QDockWidget::objectName);
  return found == docks_.end() ? nullptr : *found;
}

void DockManager::show(const QString& id) {
  QDockWidget* dock = find(id);
  if (!dock) return;
  dock->show();
  dock->raise();
}

void DockManager::setShare(const QString& id, Qt::Orientation along, const Share& share) {
  shares_.push_back({id, along, share});
}

void DockManager::applyShares() {
  for (const Qt::Orientation along : {Qt::Horizontal, Qt::Vertical}) {
    QList<QDockWidget*> docks;
    QList<int> sizes;
    const int whole = along == Qt::Horizontal ? window_.width() : window_.height();
    for (const Shared& shared : shares_) {
      QDockWidget* dock = shared.along == along ? find(shared.id) : nullptr;
      if (!dock) continue;
      docks << dock;
      sizes << std::clamp(static_cast<int>(shared.share.part * whole), shared.share.least, shared.share.most);
    }
    window_.resizeDocks(docks, sizes, along);
  }
}

void DockManager::fixDefault() {
  applyShares();
  default_ = window_.saveState(version_);
  leave();
}

void DockManager::leave() {
  if (entered_) layout_ = window_.saveState(version_);
  entered_ = false;
  for (QDockWidget* dock : docks_) {
    dock->hide();
    dock->toggleViewAction()->setEnabled(false);
  }
}

void DockManager::enter() {
  if (!std::exchange(entered_, true)) restoreLayout();
  for (QDockWidget* dock : docks_)
    dock->toggleViewAction()->setEnabled(true);
}

void DockManager::reset() {
  layout_ = default_;
  if (entered_) restoreLayout();
}

void DockManager::restoreLayout() {
  // What is remembered of another arrangement, or is damaged, is no layout.
  if (!window_.restoreState(layout_, version_)) window_.restoreState(layout_ = default_, version_);
  // At first the panels of a small window leave what is between them its room.
  if (layout_ == default_) applyShares();
}

void DockManager::save(QSettings& settings) {
  if (entered_) layout_ = window_.saveState(version_);
  settings.setValue(kGeometry, window_.saveGeometry());
  settings.setValue(kLayout, layout_);
}

void DockManager::restore(const QSettings& settings) {
  if (settings.contains(kGeometry)) window_.restoreGeometry(settings.value(kGeometry).toByteArray());
  fitOnScreen();
  if (settings.contains(kLayout)) layout_ = settings.value(kLayout).toByteArray();
}

void DockManager::fitOnScreen() {
  const QRect room = window_.screen()->availableGeometry();
  // Before it is shown a window has no frame yet; those of common desktops are thinner than this.
  const QSize size = window_.size();
  const QSize frame = window_.frameSize() == size ? QSize(16, 40) : window_.frameSize() - size;
  if (window_.isMaximized() || window_.isFullScreen()) return;
  window_.resize(size.boundedTo(room.size() - frame).expandedTo({320, 240}));
  const QRect wanted(window_.pos(), window_.size() + frame);
  const QPoint corner(
      std::clamp(wanted.x(), room.left(), std::max(room.left(), room.right() - wanted.width())),
      std::clamp(wanted.y(), room.top(), std::max(room.top(), room.bottom() - wanted.height())));
  if (corner != window_.pos() && (window_.testAttribute(Qt::WA_Moved) || !room.contains(wanted)))
    window_.move(corner);
}

}  // namespace anchorscope
