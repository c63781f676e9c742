#include "widgets/canvas/canvas_card.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QLocale>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/base/counted.h"
#include "widgets/models/candidate_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/heat.h"
#include "widgets/overlays/overlay_painter.h"

namespace anchorscope {

namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("CanvasCard", text);
}

constexpr std::size_t kMostRows = 14, kFewestRows = 4;
constexpr double kCardShare = 0.45;  ///< Of the canvas' height that a card may take.

// What every method publishes about an anchor in numbers that stand for words.
constexpr const char *kClassChannel = "cls_index", *kStateChannel = "state";

QString stateName(float value) {
  return value > 0 ? tr("positive") : value < 0 ? tr("ignored") : tr("background");
}

bool isShown(const std::vector<const Layer*>& shown, const std::string& channel) {
  return std::any_of(shown.begin(), shown.end(), [&](const Layer* layer) {
    return layer->channel == channel || layer->second == channel;
  });
}

bool namesWinners(const StageEvidence& evidence, const std::string& channel) {
  for (const DecisionSpec& decision : evidence.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes)
      if (outcome.winnerChannel == channel) return true;
  return false;
}

std::optional<std::array<int, 3>> pixelAt(const StageEvidence& evidence, QPointF inImage) {
  const auto& pixels = evidence.image->pixels;
  const double x = std::floor(inImage.x()), y = std::floor(inImage.y());
  if (!pixels || !(x >= 0 && y >= 0 && x < pixels->size.width && y < pixels->size.height)) return {};
  const std::size_t at = 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(pixels->size.width) +
                              static_cast<std::size_t>(x));
  return std::array{int{pixels->rgb[at]}, int{pixels->rgb[at + 1]}, int{pixels->rgb[at + 2]}};
}

bool isDefinedAt(const Channel& channel, std::size_t index) {
  return index < channel.values.size() && !std::isnan(channel.values[index]);
}

QString channelTitle(const ChannelSpec& spec) {
  return declaredTitle(spec);
}

QString number(float value) {
  return QString::number(static_cast<double>(value), 'g', 6).replace(QLatin1Char('-'), QChar(0x2212));
}

}  // namespace

QString valueText(const StageEvidence& evidence, const Channel& channel, std::size_t index) {
  const float value = index < channel.values.size() ? channel.values[index] : std::nanf("");
  if (std::isnan(value)) return QStringLiteral("–");
  if (channel.spec.name == kClassChannel) return className(evidence, static_cast<int>(std::lround(value)));
  if (channel.spec.name == kStateChannel) return stateName(value);
  if (namesWinners(evidence, channel.spec.name)) {
    if (value == -1.f) return tr("background");
    if (value == -2.f) return tr("ignored");
    return tr("object %1").arg(std::lround(value));
  }
  const std::string unit = unitOf(static_cast<double>(value), channel.spec.unit);
  if (unit.empty() || unit == "rank" || unit == "index") return number(value);
  return number(value) + QLatin1Char(' ') + QString::fromStdString(unit);
}

std::size_t rowsThatFit(double canvasHeight, const QFont& font) {
  const double line = QFontMetricsF(font).height() + 2;
  const double rows = canvasHeight * kCardShare / line - 3;  // its title, its footer and its margins
  return std::clamp(static_cast<std::size_t>(std::max(0.0, rows)), kFewestRows, kMostRows);
}

CanvasCard anchorCard(const StageEvidence& evidence, std::int64_t anchor, const Layer* active,
                      const std::vector<const Layer*>& shown, std::size_t mostRows) {
  CanvasCard card;
  const auto index = static_cast<std::size_t>(anchor);
  card.title = candidateTitle(evidence, index);
  const auto isActive = [&](const Channel& channel) {
    return active && active->channel == channel.spec.name;
  };
  std::vector<const Channel*> channels;
  for (const Channel& channel : evidence.channels)
    if (channel.spec.domain == ChannelDomain::kCandidate &&
        (isActive(channel) || isDefinedAt(channel, index)))
      channels.push_back(&channel);
  std::stable_partition(channels.begin(), channels.end(),
                        [&](const Channel* c) { return isShown(shown, c->spec.name); });
  std::stable_partition(channels.begin(), channels.end(), [&](const Channel* c) { return isActive(*c); });
  for (const Channel* channel : channels) {
    if (card.rows.size() == mostRows) {
      card.more = channels.size() - mostRows;
      card.footer = tr("and %1 more: click, then see the inspector").arg(card.more);
      break;
    }
    card.rows.push_back(
        {channelTitle(channel->spec), valueText(evidence, *channel, index), isActive(*channel)});
  }
  return card;
}

CanvasCard cellCard(const StageEvidence& evidence, const Layer& active,
                    const std::vector<const Layer*>& shown, QPointF inImage, int object,
                    std::size_t mostRows) {
  CanvasCard card;
  const Channel* channel = evidence.channel(active.channel);
  const auto place = channel ? cellAt(evidence, *channel, inImage.x(), inImage.y()) : std::nullopt;
  if (!place) return card;
  card.title = tr("cell (%1, %2) · stride %3").arg(place->row).arg(place->column).arg(channel->grid.stride);
  const auto name = cellNameOf(channel->spec.name);
  const auto add = [&](const Channel& other) {
    const auto there = cellAt(evidence, other, inImage.x(), inImage.y());
    if (there && card.rows.size() < mostRows)
      card.rows.push_back(
          {channelTitle(other.spec), valueText(evidence, other, there->index), &other == channel});
  };
  add(*channel);
  for (const Channel& other : evidence.channels) {
    if (&other == channel || other.spec.domain != ChannelDomain::kCell) continue;
    const auto otherName = cellNameOf(other.spec.name);
    const bool samePlace =
        name && otherName && name->family == otherName->family && name->place == otherName->place;
    if (samePlace || isShown(shown, other.spec.name)) add(other);
  }
  if (object >= 0) {
    const ObjectRecord& record = evidence.image->objects.at(static_cast<std::size_t>(object));
    card.rows.push_back({tr("Object %1").arg(object), className(evidence, record.classIndex)});
  }
  return card;
}

CanvasCard objectCard(const StageEvidence& evidence, int object) {
  CanvasCard card;
  const ObjectRecord& record = evidence.image->objects.at(static_cast<std::size_t>(object));
  card.title = tr("object %1 · %2").arg(object).arg(className(evidence, record.classIndex));
  card.rows.push_back(
      {tr("Size"), QStringLiteral("%1 × %2 px")
                       .arg(number(record.boxInImage.width()), number(record.boxInImage.height()))});
  if (record.ignored) card.rows.push_back({tr("Training"), tr("ignored (crowd or difficult)")});
  for (const ObjectColumn& column : evidence.objectColumns) {
    if (static_cast<std::size_t>(object) >= column.values.size()) continue;
    const float value = column.values[static_cast<std::size_t>(object)];
    if (column.spec.name == kStarvedColumn) {
      if (value > 0) card.rows.push_back({tr("Starved"), tr("no anchor"), true});
      continue;
    }
    QString text = std::isnan(value) ? QStringLiteral("–") : number(value);
    if (const std::string unit = unitOf(static_cast<double>(value), column.spec.unit); !unit.empty())
      text += QLatin1Char(' ') + QString::fromStdString(unit);
    card.rows.push_back({declaredTitle(column.spec), text});
  }
  return card;
}

CanvasCard pointCard(const StageEvidence& evidence, const Layer* active,
                     const std::vector<const Layer*>& shown, QPointF inImage, int object,
                     std::size_t mostRows) {
  CanvasCard card;
  if (active && active->kind == LayerKind::kHeat)
    card = cellCard(evidence, *active, shown, inImage, object, mostRows);
  if (!card.rows.empty()) return card;
  const int x = static_cast<int>(std::floor(inImage.x())), y = static_cast<int>(std::floor(inImage.y()));
  card.title = tr("pixel (%1, %2)").arg(x).arg(y);
  if (const auto rgb = pixelAt(evidence, inImage))
    card.rows.push_back({tr("RGB"), QStringLiteral("%1 %2 %3").arg((*rgb)[0]).arg((*rgb)[1]).arg((*rgb)[2])});
  return card;
}

CanvasCard inBrief(CanvasCard card, const QString& key) {
  std::stable_partition(card.rows.begin(), card.rows.end(),
                        [](const CardRow& row) { return row.emphasized; });
  if (card.rows.size() > kBriefRows) {
    card.more += card.rows.size() - kBriefRows;
    card.rows.resize(kBriefRows);
  }
  card.footer.clear();
  if (card.more > 0) card.hint = tr("%1: %2 more").arg(key).arg(card.more);
  return card;
}

namespace {

constexpr double kMargin = 8, kColumnGap = 16, kTitleGap = 3;

QFont boldOf(QFont font) {
  font.setWeight(QFont::DemiBold);
  return font;
}

double lineOf(const QFont& font) {
  return std::ceil(QFontMetricsF(font).height() + 2);
}

}  // namespace

QSizeF cardSize(const CanvasCard& card, const QFont& font) {
  const QFontMetricsF plain(font), bold(boldOf(font));
  double names = 0, values = 0;
  for (const CardRow& row : card.rows) {
    names = std::max(names, plain.horizontalAdvance(row.name));
    values = std::max(values, bold.horizontalAdvance(row.value));
  }
  double title = bold.horizontalAdvance(card.title);
  if (!card.hint.isEmpty()) title += kColumnGap + plain.horizontalAdvance(card.hint);
  const double width = std::max({names + kColumnGap + values, title, plain.horizontalAdvance(card.footer)});
  const double lines = 1 + static_cast<double>(card.rows.size()) + (card.footer.isEmpty() ? 0 : 1);
  return {std::ceil(width + 2 * kMargin), std::ceil(lines * lineOf(font) + 2 * kMargin - 2 + kTitleGap)};
}

void paintCardText(QPainter& painter, const CanvasCard& card, const QRectF& rect, const QFont& font,
                   const Theme& theme, double leftOfTitle, double rightOfTitle) {
  const QFont bold = boldOf(font);
  const double line = lineOf(font);
  QRectF row(rect.left() + kMargin, rect.top() + kMargin - 1, rect.width() - 2 * kMargin, line);
  const QRectF title = row.adjusted(leftOfTitle, 0, -rightOfTitle, 0);
  painter.setFont(font);
  painter.setPen(theme.secondaryText);
  painter.drawText(title, Qt::AlignRight | Qt::AlignVCenter, card.hint);
  painter.setFont(bold);
  painter.setPen(theme.text);
  painter.drawText(title, Qt::AlignLeft | Qt::AlignVCenter, card.title);
  row.translate(0, line + kTitleGap);
  for (const CardRow& entry : card.rows) {
    painter.setFont(font);
    painter.setPen(entry.emphasized ? theme.text : theme.secondaryText);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, entry.name);
    painter.setFont(entry.emphasized ? bold : font);
    painter.setPen(theme.text);
    painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, entry.value);
    row.translate(0, line);
  }
  painter.setFont(font);
  painter.setPen(theme.secondaryText);
  painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, card.footer);
}

void paintCard(QPainter& painter, const CanvasCard& card, const QRectF& rect, const QFont& font,
               const Theme& theme, const QColor& edge) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  QColor ground = theme.panel;
  ground.setAlpha(242);
  painter.setPen(QPen(edge, 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  paintCardText(painter, card, rect, font, theme);
  painter.restore();
}

}  // namespace anchorscope
