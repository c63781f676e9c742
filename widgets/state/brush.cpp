#include "widgets/state/brush.h"

#include <QJsonArray>
#include <QJsonObject>
#include <cmath>

namespace anchorscope {
namespace {

/// JSON has no infinity; a range without an end lacks it.
void put(QJsonObject& object, const char* key, float value) {
  if (std::isfinite(value)) object[QLatin1String(key)] = static_cast<double>(value);
}

float take(const QJsonObject& object, const char* key, float otherwise) {
  return static_cast<float>(object[QLatin1String(key)].toDouble(static_cast<double>(otherwise)));
}

void put(QJsonObject& object, const char* key, const std::optional<int>& value) {
  if (value) object[QLatin1String(key)] = *value;
}

std::optional<int> takeWhole(const QJsonObject& object, const char* key) {
  const QJsonValue value = object[QLatin1String(key)];
  return value.isDouble() ? std::optional(value.toInt()) : std::nullopt;
}

}  // namespace

void Brush::set(const Brushed& brushed) {
  if (brushed == brushed_) return;
  brushed_ = brushed;
  emit changed();
}

void Brush::setHidesOthers(bool hides) {
  if (hides == hidesOthers_) return;
  hidesOthers_ = hides;
  emit changed();
}

QJsonObject Brush::save() const {
  QJsonObject saved{{"hides_others", hidesOthers_}};
  if (!isSet()) return saved;
  saved["image"] = brushed_.image;
  saved["stage"] = brushed_.stage;
  const CandidateCondition& condition = brushed_.condition;
  QJsonArray ranges;
  for (const ChannelRange& range : condition.ranges) {
    QJsonObject entry{{"channel", QString::fromStdString(range.channel)}};
    put(entry, "low", range.low);
    put(entry, "high", range.high);
    ranges.append(entry);
  }
  saved["ranges"] = ranges;
  if (condition.area) {
    QJsonArray outline;
    for (const auto& [x, y] : condition.area->outline)
      outline.append(QJsonArray{static_cast<double>(x), static_cast<double>(y)});
    saved["area"] = QJsonObject{{"x", QString::fromStdString(condition.area->x)},
                                {"y", QString::fromStdString(condition.area->y)},
                                {"outline", outline}};
  }
  if (condition.role) saved["role"] = static_cast<int>(*condition.role);
  put(saved, "level", condition.level);
  put(saved, "class", condition.ofClass);
  put(saved, "object", condition.object);
  QJsonArray candidates;
  for (const std::int32_t candidate : condition.candidates)
    candidates.append(candidate);
  if (!candidates.isEmpty()) saved["candidates"] = candidates;
  return saved;
}

void Brush::restore(const QJsonObject& saved) {
  setHidesOthers(saved["hides_others"].toBool());
  CandidateCondition condition;
  for (const QJsonValue& entry : saved["ranges"].toArray())
    condition.ranges.push_back({entry["channel"].toString().toStdString(),
                                take(entry.toObject(), "low", -INFINITY),
                                take(entry.toObject(), "high", INFINITY)});
  if (const QJsonObject area = saved["area"].toObject(); !area.isEmpty()) {
    ChannelArea& its = condition.area.emplace();
    its.x = area["x"].toString().toStdString();
    its.y = area["y"].toString().toStdString();
    for (const QJsonValue& point : area["outline"].toArray())
      its.outline.emplace_back(static_cast<float>(point[0].toDouble()),
                               static_cast<float>(point[1].toDouble()));
  }
  if (const auto role = takeWhole(saved, "role"); role && *role >= 0 && *role <= 2)
    condition.role = static_cast<CandidateRole>(*role);
  condition.level = takeWhole(saved, "level");
  condition.ofClass = takeWhole(saved, "class");
  condition.object = takeWhole(saved, "object");
  for (const QJsonValue& candidate : saved["candidates"].toArray())
    if (const int index = candidate.toInt(-1); index >= 0) condition.candidates.push_back(index);
  if (condition.isEmpty())
    clear();
  else
    set({saved["image"].toString(), saved["stage"].toString(), condition});
}

}  // namespace anchorscope
