#include "widgets/panels/cell_maps_panel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/heat.h"
#include "widgets/overlays/layer_stack.h"
#include "widgets/overlays/overlay_painter.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr double kTitle = 16, kGap = 8;

double heightPerWidth(const StageEvidence& evidence) {
  const SizePx size = evidence.image && evidence.image->pixels ? evidence.image->pixels->size : SizePx{};
  return size.width > 0 && size.height > 0 ? static_cast<double>(size.height) / size.width : 1;
}

/// The columns that give the widest tiles.
int bestColumns(const QSize& room, int count, double ratio) {
  int best = 1;
  double widest = 0;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const double byWidth = (room.width() - kGap) / columns - kGap,
                 byHeight = ((room.height() - kGap) / static_cast<double>(rows) - kGap - kTitle) / ratio;
    const double width = std::min(byWidth, byHeight);
    if (width <= widest) continue;
    widest = width;
    best = columns;
  }
  return best;
}

}  // namespace

CellMapsView::CellMapsView(QWidget* parent) : QWidget(parent) {
  setCursor(Qt::PointingHandCursor);
  setMinimumSize(120, 80);
  setAccessibleName(tr("Maps side by side"));
}

void CellMapsView::show(std::shared_ptr<const StageEvidence> evidence, std::vector<std::string> channels,
                        bool commonRange) {
  if (evidence == evidence_ && channels == channels_ && commonRange == commonRange_) return;
  evidence_ = std::move(evidence);
  channels_ = std::move(channels);
  commonRange_ = commonRange;
  stale_ = true;
  update();
}

void CellMapsView::setChosen(const std::string& channel) {
  chosen_ = channel;
  update();
}

void CellMapsView::prepare() {
  if (!std::exchange(stale_, false) || !evidence_) return;
  image_ = toQImage(*evidence_);
  maps_.clear();
  ValueRange all;
  bool any = false;
  for (const std::string& name : channels_)
    if (ValueRange its; finiteRange(evidence_->channel(name)->values, its)) {
      all = any ? ValueRange{std::min(all.low, its.low), std::max(all.high, its.high)} : its;
      any = true;
    }
  for (const std::string& name : channels_) {
    const Channel& channel = *evidence_->channel(name);
    Layer layer = channelLayer(channel.spec);
    layer.opacity = 0.75f;
    layer.rangeMode = RangeMode::kAuto;
    if (commonRange_ && any && all.high > all.low) {
      layer.rangeMode = RangeMode::kManual;
      layer.rangeLow = all.low;
      layer.rangeHigh = all.high;
    }
    maps_.push_back(heatImage(layer, channel));
  }
}

QRectF CellMapsView::tile(std::size_t index) const {
  const auto count = static_cast<int>(channels_.size());
  const double ratio = heightPerWidth(*evidence_);
  const int columns = bestColumns(size(), count, ratio), rows = (count + columns - 1) / columns;
  const double width =
      std::max(8.0, std::min((this->width() - kGap) / columns - kGap,
                             ((height() - kGap) / static_cast<double>(rows) - kGap - kTitle) / ratio));
  const int column = static_cast<int>(index) % columns, row = static_cast<int>(index) / columns;
  return {kGap + column * (width + kGap), kGap + row * (width * ratio + kTitle + kGap), width,
          width * ratio + kTitle};
}

QRectF CellMapsView::tileOf(const std::string& channel) const {
  const auto at = std::find(channels_.begin(), channels_.end(), channel);
  return at == channels_.end() || !evidence_ ? QRectF()
                                             : tile(static_cast<std::size_t>(at - channels_.begin()));
}

void CellMapsView::paintEvent(QPaintEvent*) {
  prepare();
  const Theme& theme = themeOf(palette());
  QPainter painter(this);
  if (!evidence_ || channels_.empty()) {
    painter.setPen(theme.secondaryText);
    painter.drawText(rect().adjusted(12, 12, -12, -12), Qt::AlignCenter | Qt::TextWordWrap,
                     evidence_ ? tr("This detector publishes no maps of cells. One with LIP does: "
                                    "model.downsampling = lip")
                               : tr("No evidence yet"));
    return;
  }
  painter.setRenderHint(QPainter::SmoothPixmapTransform);
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const QRectF whole = tile(i), picture = whole.adjusted(0, kTitle, 0, 0);
    const Channel& channel = *evidence_->channel(channels_[i]);
    painter.fillRect(picture, theme.surround);
    painter.drawImage(picture, image_);
    if (!maps_[i].isNull()) {
      // A map covers whole cells of the input, the picture the image alone.
      const AxisTransform imageFromInput = evidence_->image->inputFromImage.inverse();
      const auto stride = static_cast<float>(channel.grid.stride);
      const Box covered = imageFromInput.map(Box{0, 0, stride * static_cast<float>(channel.grid.columns),
                                                 stride * static_cast<float>(channel.grid.rows)});
      const double scale = picture.width() / std::max(1, image_.width());
      painter.save();
      painter.setClipRect(picture);
      painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
      painter.drawImage(
          QRectF(picture.left() + static_cast<double>(covered.x1) * scale,
                 picture.top() + static_cast<double>(covered.y1) * scale,
                 static_cast<double>(covered.width()) * scale, static_cast<double>(covered.height()) * scale),
          maps_[i]);
      painter.restore();
    }
    painter.setBrush(Qt::NoBrush);
    const bool chosen = channels_[i] == chosen_;
    painter.setPen(QPen(chosen ? theme.selection : theme.line, chosen ? 2 : 1));
    painter.drawRect(picture);
    painter.setPen(chosen ? theme.text : theme.secondaryText);
    const auto name = cellNameOf(channels_[i]);
    const QString title = QStringLiteral("%1 · %2×%3")
                              .arg(QString::fromStdString(name ? name->place : channels_[i]))
                              .arg(channel.grid.columns)
                              .arg(channel.grid.rows);
    painter.drawText(
        QRectF(whole.left(), whole.top(), whole.width(), kTitle), Qt::AlignLeft | Qt::AlignVCenter,
        painter.fontMetrics().elidedText(title, Qt::ElideRight, static_cast<int>(whole.width())));
  }
}

void CellMapsView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !evidence_) return QWidget::mouseReleaseEvent(event);
  for (std::size_t i = 0; i < channels_.size(); ++i)
    if (tile(i).contains(event->position())) return emit mapClicked(QString::fromStdString(channels_[i]));
}

CellMapsPanel::CellMapsPanel(CanvasModel& canvas, QWidget* parent)
    : QWidget(parent),
      measure_(new QComboBox),
      common_(new QCheckBox(tr("One scale"))),
      maps_(new CellMapsView) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 4, 0, 0);
  column->setSpacing(2);
  auto* top = new QHBoxLayout;
  top->setContentsMargins(8, 2, 8, 0);
  measure_->setObjectName(QStringLiteral("cellMeasure"));
  measure_->setAccessibleName(tr("Measure"));
  measure_->setToolTip(tr("What of the cells is shown, at every place that has it"));
  common_->setObjectName(QStringLiteral("commonScale"));
  common_->setToolTip(tr("The colours of all maps span the same values, instead of each its own"));
  top->addWidget(measure_, 1);
  top->addWidget(common_);
  column->addLayout(top);
  column->addWidget(maps_, 1);
  connect(measure_, &QComboBox::currentIndexChanged, this, &CellMapsPanel::showMaps);
  connect(common_, &QCheckBox::toggled, this, &CellMapsPanel::showMaps);
  connect(maps_, &CellMapsView::mapClicked, this, [this](const QString& channel) {
    const std::string id = "channel:" + channel.toStdString();
    canvas_->layers().setVisible(id, true);
    canvas_->layers().showOnly(id);
    maps_->setChosen(channel.toStdString());
  });
  setCanvas(canvas);
}

void CellMapsPanel::setCanvas(CanvasModel& canvas) {
  if (&canvas == canvas_) return;
  if (canvas_) canvas_->disconnect(this);
  canvas_ = &canvas;
  connect(canvas_, &CanvasModel::frameChanged, this, &CellMapsPanel::refresh);
  refresh();
}

void CellMapsPanel::refresh() {
  const auto& evidence = canvas_->evidence();
  const QString chosen = measure_->currentData().toString();
  QStringList measures, titles;
  if (evidence)
    for (const CellName& name : cellNames(*evidence)) {
      const QString measure = QString::fromStdString(name.family + '.' + name.measure);
      if (measures.contains(measure)) continue;
      measures << measure;
      titles << QStringLiteral("%1 %2").arg(familyTitle(name.family), QString::fromStdString(name.measure));
    }
  {
    const QSignalBlocker blocker(measure_);
    measure_->clear();
    for (qsizetype i = 0; i < measures.size(); ++i)
      measure_->addItem(titles[i], measures[i]);
    measure_->setCurrentIndex(std::max(0, measure_->findData(chosen)));
  }
  measure_->setEnabled(!measures.isEmpty());
  showMaps();
}

void CellMapsPanel::showMaps() {
  const auto& evidence = canvas_->evidence();
  std::vector<std::string> channels;
  if (evidence)
    for (const CellName& name : cellNames(*evidence))
      if (QString::fromStdString(name.family + '.' + name.measure) == measure_->currentData().toString())
        channels.push_back(name.channel());
  maps_->show(evidence, std::move(channels), common_->isChecked());
}

}  // namespace anchorscope
