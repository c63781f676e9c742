#include "app/workspace/canvas_grid.h"

#include <QEvent>
#include <QGridLayout>
#include <QVBoxLayout>
#include <algorithm>
#include <numeric>
#include <utility>

#include "app/workspace/workspace.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/canvas/canvas_wipe.h"
#include "widgets/panels/canvas_header.h"
#include "widgets/panels/canvas_tools.h"

namespace anchorscope {
namespace {

constexpr int kColumns = 2;

}  // namespace

CanvasGrid::CanvasGrid(Workspace& workspace, QWidget* parent)
    : QWidget(parent), workspace_(workspace), grid_(new QGridLayout(this)), tools_(new CanvasTools(this)) {
  setObjectName(QStringLiteral("canvasGrid"));
  setProperty("role", "separator");  // what shows between the canvases
  setAttribute(Qt::WA_StyledBackground);
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setSpacing(1);
  connect(&workspace_, &Workspace::canvasesChanged, this, &CanvasGrid::arrange);
  connect(&workspace_, &Workspace::activeChanged, this, &CanvasGrid::mark);
  connect(&workspace_, &Workspace::runsChanged, this, &CanvasGrid::offerRuns);
  arrange();
}

CanvasGrid::Cell CanvasGrid::makeCell(CanvasModel& model) {
  Cell cell{&model, new QWidget, nullptr, new CanvasView(model)};
  cell.view->setStatusTip({});  // it would hide the values under the cursor
  cell.view->installEventFilter(this);
  cell.header = new CanvasHeader(model, *cell.view);
  cell.header->setLive(live_);
  cell.header->setMinimumWidth(1);  // or one with more in it would widen its canvas
  auto* column = new QVBoxLayout(cell.host);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(cell.header);
  column->addWidget(cell.view, 1);
  connect(cell.view, &CanvasView::statusTextChanged, this, &CanvasGrid::statusTextChanged);
  connect(cell.view, &CanvasView::noteWanted, this, &CanvasGrid::noteWanted);
  // What is chosen in a header is chosen for that canvas.
  cell.header->installEventFilter(this);
  for (QWidget* control : cell.header->findChildren<QWidget*>())
    control->installEventFilter(this);
  return cell;
}

void CanvasGrid::arrange() {
  const bool focused =
      std::any_of(cells_.begin(), cells_.end(), [](const Cell& cell) { return cell.view->hasFocus(); });
  std::vector<Cell> before = std::exchange(cells_, {});
  for (const Cell& cell : before) {
    cell.header->setTools(nullptr);
    grid_->removeWidget(cell.host);
  }
  for (int i = 0; i < workspace_.canvasCount(); ++i) {
    CanvasModel& model = workspace_.canvas(i);
    const auto known =
        std::find_if(before.begin(), before.end(), [&](const Cell& c) { return c.model == &model; });
    if (known == before.end()) {
      cells_.push_back(makeCell(model));
    } else {
      cells_.push_back(*known);
      before.erase(known);
    }
  }
  const auto placeOf = [this](const CanvasModel* model) {
    const auto at = std::ranges::find(cells_, model, &Cell::model);
    return at == cells_.end() ? -1 : static_cast<int>(at - cells_.begin());
  };
  if (std::ranges::any_of(swapped_, [&](const CanvasModel* model) { return placeOf(model) < 0; }))
    swapped_.clear();
  std::vector<std::size_t> places(cells_.size());
  std::iota(places.begin(), places.end(), 0U);
  if (isSwapped())
    std::swap(places[static_cast<std::size_t>(placeOf(swapped_[0]))],
              places[static_cast<std::size_t>(placeOf(swapped_[1]))]);
  for (int i = 0; i < workspace_.canvasCount(); ++i) {
    QWidget* host = cells_[places[static_cast<std::size_t>(i)]].host;
    grid_->addWidget(host, i / kColumns, i % kColumns);
    host->show();
  }
  cells_[places[static_cast<std::size_t>(columns() - 1)]].header->setTools(tools_);
  tools_->show();
  // Of equal size, so that linked ones show the same part.
  for (int column = 0; column < kColumns; ++column)
    grid_->setColumnStretch(column, column < columns() ? 1 : 0);
  for (int row = 0; row < kColumns; ++row)
    grid_->setRowStretch(row, row * kColumns < workspace_.canvasCount() ? 1 : 0);
  // One that goes may be what the wipe shows.
  if (wipe_ && !before.empty()) endWipe();
  for (const Cell& cell : before)
    delete cell.host;
  offerRuns();
  mark();
  if (focused) activeCanvas().setFocus();
}

void CanvasGrid::offerRuns() {
  std::vector<RunChoice> choices;
  for (const OpenRun& run : workspace_.runs())
    choices.push_back({run.id, run.title});
  for (const Cell& cell : cells_)
    cell.header->setRuns(choices);
}

void CanvasGrid::mark() {
  const bool several = cells_.size() > 1;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Cell& cell = cells_[i];
    const bool active = cell.model == &workspace_.active();
    cell.header->setPlace(several, active);
    cell.view->setAccessibleName(several ? tr("Image canvas %1 of %2").arg(i + 1).arg(cells_.size())
                                         : tr("Image canvas"));
    cell.view->setAccessibleDescription(several && active ? tr("The panels tell of it") : QString());
  }
  // Keys go to the one that the panels tell of, whoever has made it the active one.
  if (std::ranges::any_of(cells_, [&](const Cell& cell) {
        return cell.view->hasFocus() && cell.model != &workspace_.active();
      }))
    activeCanvas().setFocus();
}

CanvasModel& CanvasGrid::next() const {
  return workspace_.canvas((workspace_.activeIndex() + 1) % workspace_.canvasCount());
}

void CanvasGrid::setSwapped(bool swapped) {
  if (swapped == isSwapped() || (swapped && cells_.size() < 2)) return;
  swapped_.clear();
  if (swapped) swapped_ = {&workspace_.active(), &next()};
  arrange();
  emit comparisonChanged();
}

void CanvasGrid::toggleWipe() {
  if (wipe_) {
    endWipe();
  } else if (cells_.size() > 1) {
    // Else both sides would show other parts.
    workspace_.setViewportsLinked(true);
    wipe_ = new CanvasWipe(activeCanvas(), workspace_.active(), next());
    connect(&wipe_->other(), &CanvasView::statusTextChanged, this, &CanvasGrid::statusTextChanged);
  }
  emit comparisonChanged();
}

void CanvasGrid::endWipe() {
  delete wipe_;
  activeCanvas().setFocus();
}

int CanvasGrid::columns() const {
  return std::min(workspace_.canvasCount(), kColumns);
}

CanvasView& CanvasGrid::activeCanvas() {
  return canvas(workspace_.activeIndex());
}

void CanvasGrid::setLive(bool live) {
  live_ = live;
  for (const Cell& cell : cells_)
    cell.header->setLive(live);
}

bool CanvasGrid::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusIn || event->type() == QEvent::MouseButtonPress)
    for (const Cell& cell : cells_)
      if (auto* widget = qobject_cast<QWidget*>(watched); widget && cell.host->isAncestorOf(widget)) {
        // Keys work on the active one, wherever in it the click was.
        if (event->type() == QEvent::MouseButtonPress && widget->focusPolicy() == Qt::NoFocus)
          cell.view->setFocus();
        workspace_.setActive(*cell.model);
      }
  return QWidget::eventFilter(watched, event);
}

}  // namespace anchorscope
