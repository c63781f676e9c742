#include "widgets/panels/layers_panel.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>

#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/heat.h"
#include "widgets/panels/cell_editor.h"
#include "widgets/panels/elided_label.h"
#include "widgets/panels/layer_hints.h"
#include "widgets/panels/layer_presets.h"
#include "widgets/panels/layer_row.h"
#include "widgets/panels/range_editor.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

namespace {

QLabel* sectionLabel(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "section");
  return label;
}

/// Among the lines a subject is told from a layer by what stands before its id.
const QString kFoldLine = QStringLiteral("fold ");

float parseBound(const QString& text, float whenEmpty) {
  bool ok = false;
  const float value = text.trimmed().toFloat(&ok);
  return ok ? value : whenEmpty;
}

}  // namespace

LayersPanel::LayersPanel(CanvasModel& canvas, QWidget* parent)
    : QWidget(parent), notices_(new LayerNotices(canvas)) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(6, 8, 6, 6);
  outer->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(6, 0, 2, 0);
  head->setSpacing(2);
  head->addWidget(sectionLabel(tr("LAYERS")));
  head->addStretch(1);
  const auto orderButton = [&](const char* icon, const QString& help, int by) {
    auto* button = new QToolButton;
    button->setProperty("role", "icon");
    button->setIcon(themedIcon(QLatin1String(icon), &Theme::secondaryText));
    button->setToolTip(help);
    button->setAccessibleName(help);
    button->setFixedSize(22, 22);
    connect(button, &QToolButton::clicked, this, [this, by] { moveActive(by); });
    head->addWidget(button);
    return button;
  };
  up_ = orderButton("up", tr("Move the active layer up, towards the viewer"), +1);
  up_->setObjectName(QStringLiteral("layerUp"));
  down_ = orderButton("down", tr("Move the active layer down, towards the image"), -1);
  down_->setObjectName(QStringLiteral("layerDown"));
  presets_ = new QToolButton;
  presets_->setObjectName(QStringLiteral("layerPresets"));
  presets_->setProperty("role", "link");
  presets_->setText(tr("presets ▾"));
  presets_->setToolTip(tr("Show the layers of a common question"));
  presets_->setPopupMode(QToolButton::InstantPopup);
  presetsMenu_ = new QMenu(presets_);
  presetsMenu_->setToolTipsVisible(true);
  presets_->setMenu(presetsMenu_);
  connect(presetsMenu_, &QMenu::aboutToShow, this, &LayersPanel::fillPresets);
  head->addWidget(presets_);
  outer->addLayout(head);
  outer->addWidget(notices_);

  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* host = new QWidget;
  rowsLayout_ = new QVBoxLayout(host);
  rowsLayout_->setContentsMargins(0, 0, 0, 0);
  rowsLayout_->setSpacing(0);
  rowsLayout_->addStretch(1);
  scroll->setWidget(host);
  outer->addWidget(scroll, 1);
  cells_ = new CellEditor(canvas);
  details_ = makeDetails();
  outer->addWidget(details_);
  connectDetails();
  setCanvas(canvas);
}

void LayersPanel::setCanvas(CanvasModel& canvas) {
  if (&canvas == canvas_) return;
  // What is being typed belongs to the layers before.
  if (QWidget* typed = QApplication::focusWidget(); typed && details_->isAncestorOf(typed))
    typed->clearFocus();
  if (canvas_) {
    canvas_->disconnect(this);
    canvas_->layers().disconnect(this);
  }
  canvas_ = &canvas;
  dropRows([](const QString&) { return true; });  // they edit the layers they were made for
  notices_->setCanvas(canvas);
  cells_->setCanvas(canvas);
  connect(&layers(), &LayerStack::layersReset, this, [this] {
    kept_.clear();
    rebuildRows();
  });
  connect(&layers(), &LayerStack::layerChanged, this, [this](const QString& id) {
    const LayerRow* row = rows_.value(id);
    if (row && row->underMouse() && !layers().find(id.toStdString())->visible) kept_.insert(id);
    rebuildRows();  // which rows there are depends on what is shown
  });
  connect(&layers(), &LayerStack::activeChanged, this, &LayersPanel::rebuildRows);
  connect(&canvas, &CanvasModel::frameChanged, this, [this] {
    if (!adoptFrame()) {
      refreshDetails();
      refreshHints();
    }
  });
  connect(&canvas, &CanvasModel::selectionChanged, this, &LayersPanel::refreshHints);
  if (!adoptFrame()) rebuildRows();
}

bool LayersPanel::adoptFrame() {
  QStringList channels;
  if (canvas_->evidence())
    for (const Channel& channel : canvas_->evidence()->channels)
      channels << QString::fromStdString(channel.spec.name);
  if (channels == channelsOfRows_) return false;
  channelsOfRows_ = channels;
  kept_.clear();
  rebuildRows();
  return true;
}

QWidget* LayersPanel::makeDetails() {
  auto* details = new QWidget;
  detailsLayout_ = new QVBoxLayout(details);
  detailsLayout_->setContentsMargins(6, 6, 6, 0);
  detailsLayout_->setSpacing(6);
  auto* titleLine = new QHBoxLayout;
  detailsTitle_ = new ElidedLabel;
  detailsTitle_->setObjectName(QStringLiteral("layerDetails"));
  detailsTitle_->setProperty("role", "section");
  titleLine->addWidget(detailsTitle_, 1);
  settings_ = new QToolButton;
  settings_->setObjectName(QStringLiteral("layerSettings"));
  settings_->setProperty("role", "icon");
  settings_->setIcon(themedIcon(QStringLiteral("sliders"), &Theme::selection, QStringLiteral("sliders")));
  settings_->setCheckable(true);
  settings_->setFixedSize(22, 20);
  settings_->setToolTip(tr("Colour map, range, filter and boxes of this layer"));
  settings_->setAccessibleName(tr("Layer settings"));
  titleLine->addWidget(settings_);
  detailsLayout_->addLayout(titleLine);
  channelPart_ = new QWidget;
  auto* channelLayout = new QVBoxLayout(channelPart_);
  channelLayout->setContentsMargins(0, 0, 0, 0);
  channelLayout->setSpacing(6);
  range_ = new RangeEditor;
  channelLayout->addWidget(range_);
  more_ = new QWidget;
  auto* moreLayout = new QVBoxLayout(more_);
  moreLayout->setContentsMargins(0, 0, 0, 0);
  moreLayout->setSpacing(6);
  auto* first = new QHBoxLayout;
  colorMap_ = new QComboBox;
  for (const ColorMapId map : kAllColorMaps)
    colorMap_->addItem(QString::fromStdString(std::string(name(map))), static_cast<int>(map));
  colorMap_->setToolTip(tr("Colour map"));
  colorMap_->setAccessibleName(tr("Colour map"));
  rangeMode_ = new QComboBox;
  rangeMode_->addItem(tr("declared"), static_cast<int>(RangeMode::kDeclared));
  rangeMode_->addItem(tr("auto"), static_cast<int>(RangeMode::kAuto));
  rangeMode_->addItem(tr("sticky auto"), static_cast<int>(RangeMode::kSticky));
  rangeMode_->addItem(tr("manual"), static_cast<int>(RangeMode::kManual));
  rangeMode_->setToolTip(
      tr("Colour range: the channel's own, this frame's values, values so far, or as set by the handles"));
  rangeMode_->setAccessibleName(tr("Colour range"));
  first->addWidget(colorMap_, 1);
  first->addWidget(rangeMode_, 1);
  moreLayout->addLayout(first);
  auto* filter = new QHBoxLayout;
  filterMin_ = new QLineEdit;
  filterMax_ = new QLineEdit;
  filterMin_->setObjectName(QStringLiteral("filterMin"));
  filterMax_->setObjectName(QStringLiteral("filterMax"));
  filterMin_->setPlaceholderText(tr("from"));
  filterMax_->setPlaceholderText(tr("to"));
  filterMin_->setAccessibleName(tr("Smallest value that is drawn"));
  filterMax_->setAccessibleName(tr("Largest value that is drawn"));
  for (QLineEdit* edit : {filterMin_, filterMax_})
    edit->setToolTip(tr("Only values in this range are drawn; empty: no limit"));
  auto* only = new QLabel(tr("only"));
  only->setProperty("role", "secondary");
  filter->addWidget(only);
  filter->addWidget(filterMin_, 1);
  filter->addWidget(filterMax_, 1);
  fade_ = new QCheckBox(tr("fade"));
  fade_->setToolTip(tr("Unimportant values fade out"));
  fade_->setFocusPolicy(Qt::TabFocus);
  filter->addWidget(fade_);
  moreLayout->addLayout(filter);
  more_->hide();
  channelLayout->addWidget(more_);
  detailsLayout_->addWidget(channelPart_);
  detailsLayout_->addWidget(cells_);
  boxPart_ = new QWidget;
  auto* boxLayout = new QVBoxLayout(boxPart_);
  boxLayout->setContentsMargins(0, 0, 0, 0);
  boxLayout->setSpacing(6);
  boxes_ = new QComboBox;
  boxes_->addItem(tr("anchor boxes"), static_cast<int>(BoxKind::kAnchor));
  boxes_->addItem(tr("predicted boxes"), static_cast<int>(BoxKind::kPredicted));
  boxes_->setAccessibleName(tr("Boxes"));
  boxes_->setToolTip(tr("Draw each anchor's own box or the box predicted from it"));
  boxes_->hide();
  boxLayout->addWidget(boxes_);
  levelsHost_ = new QWidget;
  boxLayout->addWidget(levelsHost_);
  detailsLayout_->addWidget(boxPart_);
  connect(settings_, &QToolButton::toggled, this, [this](bool on) {
    more_->setVisible(on);
    boxes_->setVisible(on);
  });
  return details;
}

void LayersPanel::connectDetails() {
  const auto change = [this](const std::function<void(Layer&)>& edit) {
    if (refreshing_ || !layers().active()) return;
    layers().update(layers().active()->id, edit);
  };
  connect(colorMap_, &QComboBox::currentIndexChanged, this, [this, change] {
    change(
        [this](Layer& layer) { layer.colorMap = static_cast<ColorMapId>(colorMap_->currentData().toInt()); });
  });
  connect(rangeMode_, &QComboBox::currentIndexChanged, this, [this, change] {
    change([this](Layer& layer) {
      // Manual starts from what is shown, so that nothing jumps.
      layer.rangeLow = range_->range().low;
      layer.rangeHigh = range_->range().high;
      layer.rangeMode = static_cast<RangeMode>(rangeMode_->currentData().toInt());
    });
  });
  connect(range_, &RangeEditor::rangeEdited, this, [change](float low, float high) {
    change([=](Layer& layer) {
      layer.rangeMode = RangeMode::kManual;
      layer.rangeLow = low;
      layer.rangeHigh = high;
    });
  });
  connect(boxes_, &QComboBox::currentIndexChanged, this, [this, change] {
    change([this](Layer& layer) { layer.boxes = static_cast<BoxKind>(boxes_->currentData().toInt()); });
  });
  connect(fade_, &QCheckBox::toggled, this,
          [change](bool on) { change([on](Layer& layer) { layer.fade = on; }); });
  for (QLineEdit* edit : {filterMin_, filterMax_})
    connect(edit, &QLineEdit::editingFinished, this, [this, change] {
      change([this](Layer& layer) {
        layer.filterMin = parseBound(filterMin_->text(), -std::numeric_limits<float>::infinity());
        layer.filterMax = parseBound(filterMax_->text(), std::numeric_limits<float>::infinity());
      });
    });
}

bool LayersPanel::isRelevant(const Layer& layer) const {
  // Settings of channels that another method published are kept, but there is nothing to show for them.
  return !layer.hasChannel() || (canvas_->evidence() && canvas_->evidence()->channel(layer.channel));
}

void LayersPanel::leaveEvent(QEvent* event) {
  QWidget::leaveEvent(event);
  if (kept_.isEmpty()) return;
  kept_.clear();
  rebuildRows();
}

QStringList LayersPanel::drawnRows() const {
  QStringList rows, plain;
  for (auto layer = layers().layers().rbegin(); layer != layers().layers().rend(); ++layer) {
    const QString id = QString::fromStdString(layer->id);
    if (!isRelevant(*layer)) continue;
    if (layer->visible || kept_.contains(id))
      rows << id;
    else if (!layer->hasChannel())
      plain << id;  // of no subject: they stay at hand
  }
  return rows + plain;
}

QStringList LayersPanel::shownLines() const {
  QStringList lines = drawnRows();
  const Layer* active = layers().active();
  for (const LayerSubject& subject : subjects_) {
    lines << kFoldLine + subject.id;
    for (const std::string& layer : subject.layers) {
      const QString id = QString::fromStdString(layer);
      const bool listed = unfolded_.contains(subject.id) || (active && active->id == layer);
      if (listed && !lines.contains(id)) lines << id;
    }
  }
  return lines;
}

QStringList LayersPanel::shownLayers() const {
  QStringList ids = shownLines();
  ids.removeIf([](const QString& line) { return line.startsWith(kFoldLine); });
  return ids;
}

QStringList LayersPanel::rowsWith(const QString& id) const {
  QStringList rows = drawnRows();
  if (rows.contains(id)) return rows;
  rows.clear();
  const QStringList lines = shownLines();
  for (const QString& line : lines) {
    if (line.startsWith(kFoldLine)) {
      if (rows.contains(id)) return rows;
      rows.clear();
    } else {
      rows << line;
    }
  }
  return rows;
}

QToolButton* LayersPanel::foldLine(const LayerSubject& subject) {
  QToolButton*& line = foldLines_[subject.id];
  if (!line) {
    line = new QToolButton;
    line->setObjectName(subject.id);
    line->setProperty("role", "link");
    line->setFixedHeight(LayerRow::kHeight);
    line->setToolTip(tr("List each of these layers, or only those that are shown"));
    connect(line, &QToolButton::clicked, this, [this, id = subject.id] {
      if (!unfolded_.remove(id)) unfolded_.insert(id);
      rebuildRows();
    });
  }
  line->setText(QStringLiteral("%1 %2")
                    .arg(unfolded_.contains(subject.id) ? QChar(0x25BE) : QChar(0x25B8))
                    .arg(subject.title));
  return line;
}

void LayersPanel::dropRows(const std::function<bool(const QString&)>& goes) {
  const auto drop = [this](QWidget* widget) {
    rowsLayout_->removeWidget(widget);
    widget->setObjectName({});
    widget->hide();
    widget->deleteLater();  // what is dropped may be what was clicked
  };
  for (const QString& id : rows_.keys())
    if (goes(id)) drop(rows_.take(id));
  for (const QString& subject : foldLines_.keys())
    if (goes(kFoldLine + subject)) drop(foldLines_.take(subject));
}

void LayersPanel::rebuildRows() {
  subjects_ = canvas_->evidence() ? layerSubjects(layers().layers(), *canvas_->evidence())
                                  : std::vector<LayerSubject>();
  // Rows that stay are moved, not made anew: one of them may be held by the mouse.
  const QStringList wanted = shownLines();
  dropRows([&](const QString& line) { return !wanted.contains(line); });
  for (int index = 0; index < wanted.size(); ++index) {
    QWidget* line = nullptr;
    if (wanted[index].startsWith(kFoldLine)) {
      line = foldLine(*std::ranges::find(subjects_, wanted[index].mid(kFoldLine.size()), &LayerSubject::id));
    } else {
      LayerRow*& row = rows_[wanted[index]];
      if (!row) {
        const std::string id = wanted[index].toStdString();
        row = new LayerRow(layers(), *layers().find(id));
        connect(row, &LayerRow::dragged, this, [this, id](int rows) { moveRow(id, rows); });
      }
      line = row;
    }
    if (rowsLayout_->indexOf(line) != index) {
      rowsLayout_->removeWidget(line);
      rowsLayout_->insertWidget(index, line);
      line->show();
    }
  }
  rowsLayout_->activate();  // a dragged row is where it was dragged to before the next mouse event
  refreshRows();
  refreshDetails();
}

void LayersPanel::moveRow(const std::string& id, int rowsDown) {
  // Topmost first in the list, bottom first in the stack.
  const QStringList shown = rowsWith(QString::fromStdString(id));
  if (shown.isEmpty()) return;
  const int target = std::clamp<int>(static_cast<int>(shown.indexOf(QString::fromStdString(id))) + rowsDown,
                                     0, static_cast<int>(shown.size()) - 1);
  layers().move(id, layers().indexOf(shown[target].toStdString()));
}

void LayersPanel::fillPresets() {
  presetsMenu_->clear();
  if (!canvas_->evidence()) {
    presetsMenu_->addAction(tr("Nothing to show yet"))->setEnabled(false);
    return;
  }
  for (const LayerPreset& preset : layerPresets(*canvas_->evidence())) {
    QAction* action = presetsMenu_->addAction(preset.title);
    action->setToolTip(preset.help);
    connect(action, &QAction::triggered, this, [this, preset] { applyPreset(layers(), preset); });
  }
}

void LayersPanel::refreshRows() {
  const Layer* active = layers().active();
  for (const Layer& layer : layers().layers())
    if (LayerRow* row = rows_.value(QString::fromStdString(layer.id)))
      row->refresh(layer, active && active->id == layer.id);
  refreshHints();
}

void LayersPanel::refreshHints() {
  for (const Layer& layer : layers().layers())
    if (LayerRow* row = rows_.value(QString::fromStdString(layer.id)))
      row->setHint(layerHint(layer, *canvas_));
}

void LayersPanel::refreshDetails() {
  const Layer* active = layers().active();
  details_->setVisible(active != nullptr);
  up_->setEnabled(active != nullptr);
  down_->setEnabled(active != nullptr);
  if (!active) return;
  refreshing_ = true;
  detailsTitle_->setText(declaredText(active->title).toUpper());
  detailsTitle_->setToolTip(active->hasChannel() ? QString::fromStdString(active->channel)
                                                 : declaredText(active->title));
  channelPart_->setVisible(active->hasChannel());
  settings_->setVisible(active->hasChannel() || active->kind == LayerKind::kBag);
  cells_->refresh();
  boxPart_->setVisible(active->kind == LayerKind::kAnchors || active->kind == LayerKind::kBag);
  const Channel* channel =
      canvas_->evidence() && active->hasChannel() ? canvas_->evidence()->channel(active->channel) : nullptr;
  range_->show(*active, channel);
  colorMap_->setCurrentIndex(colorMap_->findData(static_cast<int>(active->colorMap)));
  rangeMode_->setCurrentIndex(rangeMode_->findData(static_cast<int>(active->rangeMode)));
  boxes_->setCurrentIndex(boxes_->findData(static_cast<int>(active->boxes)));
  fade_->setChecked(active->fade);
  const auto bound = [](QLineEdit* edit, float value) {
    if (!edit->hasFocus())
      edit->setText(std::isfinite(value) ? QString::number(static_cast<double>(value)) : QString());
  };
  bound(filterMin_, active->filterMin);
  bound(filterMax_, active->filterMax);
  rebuildLevels();
  refreshing_ = false;
}

void LayersPanel::rebuildLevels() {
  const Layer* active = layers().active();
  const std::size_t count = canvas_->evidence() && canvas_->evidence()->candidates
                                ? canvas_->evidence()->candidates->levels.size()
                                : 0;
  if (count != levelCount_ || !levelsHost_->layout()) {
    levelCount_ = count;
    qDeleteAll(levelsHost_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    delete levelsHost_->layout();
    auto* line = new QHBoxLayout(levelsHost_);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(4);
    for (std::size_t level = 0; level < count; ++level) {
      auto* box = new QCheckBox(
          QString::fromStdString(levelName(*canvas_->evidence()->candidates, static_cast<int>(level))));
      box->setProperty("level", static_cast<int>(level));
      box->setToolTip(tr("Draw this pyramid level"));
      box->setFocusPolicy(Qt::TabFocus);
      connect(box, &QCheckBox::toggled, this, [this, level](bool on) {
        if (refreshing_ || !layers().active()) return;
        layers().update(layers().active()->id, [=](Layer& layer) {
          const std::uint32_t bit = 1u << level;
          layer.levels = on ? layer.levels | bit : layer.levels & ~bit;
        });
      });
      line->addWidget(box);
    }
    line->addStretch(1);
  }
  for (QCheckBox* box : levelsHost_->findChildren<QCheckBox*>())
    box->setChecked(active && active->showsLevel(box->property("level").toInt()));
}

void LayersPanel::moveActive(int by) {
  if (const Layer* active = layers().active()) moveRow(active->id, -by);
}

}  // namespace anchorscope
