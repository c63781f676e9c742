#include "widgets/panels/layers_panel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollArea>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <limits>

#include "widgets/models/number_text.h"
#include "widgets/panels/range_editor.h"
#include "widgets/state/theme.h"

namespace anchorscope {

/// One layer: eye, colour, title, solo, opacity.
class LayerRow : public QWidget {
 public:
  LayerRow(LayerStack& layers, const Layer& layer) : layers_(layers), id_(layer.id) {
    setObjectName(QStringLiteral("layer:") + QString::fromStdString(id_));
    setFixedHeight(28);
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(6, 0, 6, 0);
    line->setSpacing(4);
    eye_ = new QToolButton;
    eye_->setCheckable(true);
    eye_->setFixedSize(22, 22);
    eye_->setToolTip(QObject::tr("Show or hide this layer"));
    eye_->setObjectName(QStringLiteral("eye:") + QString::fromStdString(id_));
    line->addWidget(eye_);
    line->addSpacing(18);  // the swatch is painted here
    title_ = new QLabel;
    line->addWidget(title_, 1);
    solo_ = new QToolButton;
    solo_->setText(QStringLiteral("S"));
    solo_->setCheckable(true);
    solo_->setFixedSize(20, 20);
    solo_->setToolTip(QObject::tr("Solo: show only the layers marked so"));
    line->addWidget(solo_);
    opacity_ = new QSlider(Qt::Horizontal);
    opacity_->setRange(0, 100);
    opacity_->setFixedWidth(56);
    line->addWidget(opacity_);
    QObject::connect(eye_, &QToolButton::clicked, this, [this](bool on) { layers_.setVisible(id_, on); });
    QObject::connect(solo_, &QToolButton::clicked, this, [this](bool on) { layers_.setSolo(id_, on); });
    QObject::connect(opacity_, &QSlider::valueChanged, this, [this](int value) {
      if (!refreshing_) layers_.setOpacity(id_, static_cast<float>(value) / 100.0f);
    });
    refresh(layer, false);
  }

  void refresh(const Layer& layer, bool active) {
    refreshing_ = true;
    layer_ = layer;
    active_ = active;
    eye_->setChecked(layer.visible);
    eye_->setText(layer.visible ? QStringLiteral("◉") : QStringLiteral("○"));
    solo_->setChecked(layer.solo);
    opacity_->setValue(static_cast<int>(std::lround(100 * layer.opacity)));
    opacity_->setToolTip(QObject::tr("Opacity %1 %").arg(opacity_->value()));
    title_->setText(QString::fromStdString(layer.title));
    title_->setToolTip(QString::fromStdString(
        layer.channel.empty() ? layer.title : layer.title + " (" + layer.channel + ")"));
    QPalette colours = title_->palette();
    const Theme& theme = themeOf(palette());
    colours.setColor(QPalette::WindowText, layer.visible ? theme.text : theme.secondaryText);
    title_->setPalette(colours);
    refreshing_ = false;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (active_) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(theme.raised);
      painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 5, 5);
    }
    const QRectF swatch(32, height() / 2.0 - 5, 10, 10);
    if (layer_.hasChannel()) {
      QLinearGradient gradient(swatch.topLeft(), swatch.topRight());
      for (int i = 0; i <= 4; ++i)
        gradient.setColorAt(i / 4.0, QColor::fromRgb(colorAt(layer_.colorMap, static_cast<float>(i) / 4)));
      painter.setBrush(gradient);
    } else {
      painter.setBrush(layer_.kind == LayerKind::kBag     ? theme.selection
                       : layer_.kind == LayerKind::kImage ? theme.secondaryText
                                                          : theme.object);
    }
    painter.setPen(QPen(theme.line, 1));
    painter.drawRoundedRect(swatch, 2, 2);
  }
  void mousePressEvent(QMouseEvent* event) override {
    if (event->button() == Qt::LeftButton) layers_.setActive(id_);
  }
  void mouseDoubleClickEvent(QMouseEvent*) override {
    if (layer_.hasChannel()) layers_.showOnly(id_);
  }

 private:
  LayerStack& layers_;
  std::string id_;
  Layer layer_;
  bool active_ = false, refreshing_ = false;
  QToolButton *eye_, *solo_;
  QLabel* title_;
  QSlider* opacity_;
};

namespace {

QLabel* sectionLabel(const QString& text) {
  auto* label = new QLabel(text);
  label->setProperty("role", "section");
  return label;
}

float parseBound(const QString& text, float whenEmpty) {
  bool ok = false;
  const float value = text.trimmed().toFloat(&ok);
  return ok ? value : whenEmpty;
}

}  // namespace

LayersPanel::LayersPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), state_(state), layers_(state.layers()) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(6, 8, 6, 6);
  outer->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(6, 0, 6, 0);
  head->addWidget(sectionLabel(tr("LAYERS")));
  head->addStretch(1);
  const auto orderButton = [&](const QString& text, const QString& help, int by) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setToolTip(help);
    button->setFixedSize(22, 22);
    connect(button, &QToolButton::clicked, this, [this, by] { moveActive(by); });
    head->addWidget(button);
    return button;
  };
  up_ = orderButton(QStringLiteral("↑"), tr("Move the active layer up, towards the viewer"), +1);
  down_ = orderButton(QStringLiteral("↓"), tr("Move the active layer down, towards the image"), -1);
  outer->addLayout(head);

  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* host = new QWidget;
  rowsLayout_ = new QVBoxLayout(host);
  rowsLayout_->setContentsMargins(0, 0, 0, 0);
  rowsLayout_->setSpacing(0);
  scroll->setWidget(host);
  outer->addWidget(scroll, 1);

  details_ = new QWidget;
  detailsLayout_ = new QVBoxLayout(details_);
  detailsLayout_->setContentsMargins(6, 6, 6, 0);
  detailsLayout_->setSpacing(6);
  detailsTitle_ = sectionLabel({});
  detailsLayout_->addWidget(detailsTitle_);
  channelPart_ = new QWidget;
  auto* channelLayout = new QVBoxLayout(channelPart_);
  channelLayout->setContentsMargins(0, 0, 0, 0);
  channelLayout->setSpacing(6);
  range_ = new RangeEditor;
  channelLayout->addWidget(range_);
  auto* first = new QHBoxLayout;
  colorMap_ = new QComboBox;
  for (const ColorMapId map : kAllColorMaps)
    colorMap_->addItem(QString::fromStdString(std::string(name(map))), static_cast<int>(map));
  colorMap_->setToolTip(tr("Colour map"));
  rangeMode_ = new QComboBox;
  rangeMode_->addItem(tr("declared"), static_cast<int>(RangeMode::kDeclared));
  rangeMode_->addItem(tr("auto"), static_cast<int>(RangeMode::kAuto));
  rangeMode_->addItem(tr("sticky auto"), static_cast<int>(RangeMode::kSticky));
  rangeMode_->addItem(tr("manual"), static_cast<int>(RangeMode::kManual));
  rangeMode_->setToolTip(
      tr("Colour range: the channel's own, this frame's values, values so far, or as set by the handles"));
  first->addWidget(colorMap_, 1);
  first->addWidget(rangeMode_, 1);
  channelLayout->addLayout(first);
  auto* filter = new QHBoxLayout;
  filterMin_ = new QLineEdit;
  filterMax_ = new QLineEdit;
  filterMin_->setPlaceholderText(tr("from"));
  filterMax_->setPlaceholderText(tr("to"));
  for (QLineEdit* edit : {filterMin_, filterMax_})
    edit->setToolTip(tr("Only values in this range are drawn; empty: no limit"));
  auto* only = new QLabel(tr("only"));
  only->setProperty("role", "secondary");
  filter->addWidget(only);
  filter->addWidget(filterMin_, 1);
  filter->addWidget(filterMax_, 1);
  fade_ = new QCheckBox(tr("fade"));
  fade_->setToolTip(tr("Unimportant values fade out"));
  filter->addWidget(fade_);
  channelLayout->addLayout(filter);
  detailsLayout_->addWidget(channelPart_);
  boxPart_ = new QWidget;
  auto* boxLayout = new QVBoxLayout(boxPart_);
  boxLayout->setContentsMargins(0, 0, 0, 0);
  boxLayout->setSpacing(6);
  boxes_ = new QComboBox;
  boxes_->addItem(tr("anchor boxes"), static_cast<int>(BoxKind::kAnchor));
  boxes_->addItem(tr("predicted boxes"), static_cast<int>(BoxKind::kPredicted));
  boxes_->setToolTip(tr("Draw each anchor's own box or the box predicted from it"));
  boxLayout->addWidget(boxes_);
  levelsHost_ = new QWidget;
  boxLayout->addWidget(levelsHost_);
  detailsLayout_->addWidget(boxPart_);
  outer->addWidget(details_);

  const auto change = [this](const std::function<void(Layer&)>& edit) {
    if (refreshing_ || !layers_.active()) return;
    layers_.update(layers_.active()->id, edit);
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

  connect(&layers_, &LayerStack::layersReset, this, &LayersPanel::rebuildRows);
  connect(&layers_, &LayerStack::layerChanged, this, [this] {
    refreshRows();
    refreshDetails();
  });
  connect(&layers_, &LayerStack::activeChanged, this, [this] {
    refreshRows();
    refreshDetails();
  });
  connect(&state_, &ViewState::frameChanged, this, &LayersPanel::refreshDetails);
  rebuildRows();
}

void LayersPanel::rebuildRows() {
  while (QLayoutItem* item = rowsLayout_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  rows_.clear();
  // Topmost first, as layers are stacked.
  for (auto layer = layers_.layers().rbegin(); layer != layers_.layers().rend(); ++layer) {
    auto* row = new LayerRow(layers_, *layer);
    rows_.insert(QString::fromStdString(layer->id), row);
    rowsLayout_->addWidget(row);
  }
  rowsLayout_->addStretch(1);
  refreshRows();
  refreshDetails();
}

void LayersPanel::refreshRows() {
  const Layer* active = layers_.active();
  for (const Layer& layer : layers_.layers())
    if (LayerRow* row = rows_.value(QString::fromStdString(layer.id)))
      row->refresh(layer, active && active->id == layer.id);
}

void LayersPanel::refreshDetails() {
  const Layer* active = layers_.active();
  details_->setVisible(active != nullptr);
  up_->setEnabled(active != nullptr);
  down_->setEnabled(active != nullptr);
  if (!active) return;
  refreshing_ = true;
  detailsTitle_->setText(active->hasChannel() ? tr("RANGE · %1").arg(QString::fromStdString(active->channel))
                                              : QString::fromStdString(active->title).toUpper());
  channelPart_->setVisible(active->hasChannel());
  boxPart_->setVisible(active->kind == LayerKind::kAnchors || active->kind == LayerKind::kBag);
  const Channel* channel =
      state_.frame() && active->hasChannel() ? state_.frame()->channel(active->channel) : nullptr;
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
  const Layer* active = layers_.active();
  const std::size_t count =
      state_.frame() && state_.frame()->anchors ? state_.frame()->anchors->levels.size() : 0;
  if (count != levelCount_ || !levelsHost_->layout()) {
    levelCount_ = count;
    qDeleteAll(levelsHost_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    delete levelsHost_->layout();
    auto* line = new QHBoxLayout(levelsHost_);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(4);
    for (std::size_t level = 0; level < count; ++level) {
      auto* box =
          new QCheckBox(QString::fromStdString(levelName(*state_.frame()->anchors, static_cast<int>(level))));
      box->setProperty("level", static_cast<int>(level));
      box->setToolTip(tr("Draw this pyramid level"));
      connect(box, &QCheckBox::toggled, this, [this, level](bool on) {
        if (refreshing_ || !layers_.active()) return;
        layers_.update(layers_.active()->id, [=](Layer& layer) {
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
  if (const Layer* active = layers_.active()) layers_.move(active->id, layers_.indexOf(active->id) + by);
}

}  // namespace anchorscope
