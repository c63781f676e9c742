#include "app/workspace/view_change.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QStringList>
#include <utility>

#include "app/workspace/workspace.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("ViewChange", text);
}

/// Values of a layer that a hand moves through many others, by what they are set with.
QString sliderOf(const QString& key) {
  if (key.startsWith(QLatin1String("range_"))) return QStringLiteral("range");
  if (key.startsWith(QLatin1String("filter_")) || key == QLatin1String("adaptive"))
    return QStringLiteral("filter");
  return key == QLatin1String("opacity") || key == QLatin1String("line_width") || key == QLatin1String("fill")
             ? key
             : QString();
}

QStringList differences(const QJsonObject& a, const QJsonObject& b) {
  QStringList keys;
  for (auto at = a.begin(); at != a.end(); ++at)
    if (b[at.key()] != at.value()) keys << at.key();
  for (auto at = b.begin(); at != b.end(); ++at)
    if (!a.contains(at.key())) keys << at.key();
  return keys;
}

/// How canvases are told apart, and layers.
QString keyOf(const QJsonValue& element) {
  const QJsonObject object = element.toObject();
  return object.contains("view") ? QString::number(object["view"].toInt()) : object["id"].toString();
}

QStringList keysOf(const QJsonArray& list) {
  QStringList keys;
  for (const QJsonValue& element : list)
    keys << keyOf(element);
  return keys;
}

QJsonValue elementOf(const QJsonArray& list, const QString& key) {
  const qsizetype at = keysOf(list).indexOf(key);
  return at < 0 ? QJsonValue(QJsonValue::Undefined) : list[at];
}

QJsonValue changed(const QJsonValue& now, const QJsonValue& from, const QJsonValue& to);

/// The order of `now`, or where the change is one of order or number that of `to`: what came since stands
/// behind what it stands behind.
QStringList changedOrder(const QJsonArray& now, const QJsonArray& from, const QJsonArray& to) {
  const QStringList present = keysOf(now), before = keysOf(from);
  QStringList order = keysOf(to);
  if (order == before) return present;
  QString last;
  for (const QString& key : present) {
    if (!order.contains(key)) {
      if (before.contains(key)) continue;  // it goes
      order.insert(last.isEmpty() ? 0 : order.indexOf(last) + 1, key);
    }
    last = key;
  }
  return order;
}

/// Of a list of layers one is active.
QString activeOf(const QJsonArray& list) {
  for (const QJsonValue& element : list)
    if (element["active"].toBool()) return keyOf(element);
  return {};
}

QJsonArray changedList(const QJsonArray& now, const QJsonArray& from, const QJsonArray& to) {
  const QString active = activeOf(from) == activeOf(to) ? activeOf(now) : activeOf(to);
  QJsonArray out;
  for (const QString& key : changedOrder(now, from, to)) {
    const QJsonValue present = elementOf(now, key), before = elementOf(from, key), after = elementOf(to, key);
    QJsonValue element = present.isUndefined()                         ? after
                         : before.isUndefined() || after.isUndefined() ? present
                                                                       : changed(present, before, after);
    if (QJsonObject layer = element.toObject(); layer.contains("active")) {
      layer["active"] = key == active;
      element = layer;
    }
    out.append(element);
  }
  return out;
}

/// `now` with what differs between `from` and `to` as it is in `to`.
QJsonValue changed(const QJsonValue& now, const QJsonValue& from, const QJsonValue& to) {
  if (from == to) return now;
  if (now.isArray() && from.isArray() && to.isArray())
    return changedList(now.toArray(), from.toArray(), to.toArray());
  if (!now.isObject() || !from.isObject() || !to.isObject()) return to;
  QJsonObject out = now.toObject();
  for (const QString& key : differences(from.toObject(), to.toObject()))
    if (const QJsonValue value = changed(now[key], from[key], to[key]); value.isUndefined())
      out.remove(key);
    else
      out[key] = value;
  return out;
}

struct Difference {
  QString text;   ///< What differs, for people.
  QString value;  ///< Of a slider.
};

/// What differs between two lists of layers.
Difference ofLayers(const QJsonArray& a, const QJsonArray& b) {
  Difference out{tr("layers"), {}};
  if (a.size() != b.size()) return out;
  qsizetype layer = -1;
  for (qsizetype i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) {
      if (layer >= 0) return out;
      layer = i;
    }
  if (layer < 0) return out;
  const QJsonObject before = a[layer].toObject(), after = b[layer].toObject();
  if (before["id"] != after["id"]) return out;
  out.text = tr("layer %1").arg(declaredText(after["title"].toString().toStdString()));
  QStringList sliders;
  for (const QString& key : differences(before, after))
    sliders << sliderOf(key);
  sliders.removeDuplicates();
  if (sliders.size() == 1 && !sliders.first().isEmpty())
    out.value = after["id"].toString() + QLatin1Char('/') + sliders.first();
  return out;
}

Difference difference(const QJsonObject& before, const QJsonObject& after) {
  const QJsonArray a = before["canvases"].toArray(), b = after["canvases"].toArray();
  if (a.size() != b.size()) return {tr("number of canvases"), {}};
  if (before["linked"] != after["linked"]) return {tr("linked zoom"), {}};
  qsizetype canvas = -1;
  for (qsizetype i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) {
      if (canvas >= 0) return {tr("canvases"), {}};
      canvas = i;
    }
  if (canvas < 0) return {tr("canvases"), {}};
  const QJsonObject one = a[canvas].toObject(), other = b[canvas].toObject();
  const QStringList keys = differences(one, other);
  if (keys == QStringList{QStringLiteral("layers")}) {
    Difference out = ofLayers(one["layers"].toArray(), other["layers"].toArray());
    if (!out.value.isEmpty()) out.value.prepend(QString::number(canvas) + QLatin1Char('/'));
    return out;
  }
  if (keys == QStringList{QStringLiteral("variant")}) return {tr("variant"), {}};
  if (keys == QStringList{QStringLiteral("stage")}) return {tr("stage"), {}};
  if (keys == QStringList{QStringLiteral("time")}) return {tr("step of its own"), {}};
  return {tr("canvas"), {}};
}

}  // namespace

ViewChange::ViewChange(Workspace& workspace, QJsonObject before, QJsonObject after)
    : workspace_(workspace), before_(std::move(before)), after_(std::move(after)) {
  Difference what = difference(Workspace::withoutPlaces(before_), Workspace::withoutPlaces(after_));
  setText(what.text);
  value_ = std::move(what.value);
}

void ViewChange::undo() {
  done_ = false;
  workspace_.arrange(applied(workspace_.arrangement(), after_, before_));
}

void ViewChange::redo() {
  if (!std::exchange(done_, true)) workspace_.arrange(applied(workspace_.arrangement(), before_, after_));
}

QJsonObject ViewChange::applied(const QJsonObject& now, const QJsonObject& from, const QJsonObject& to) {
  QJsonObject out =
      changed(Workspace::withoutPlaces(now), Workspace::withoutPlaces(from), Workspace::withoutPlaces(to))
          .toObject();
  // Canvases that come back do so where they were.
  QJsonArray canvases = out["canvases"].toArray();
  for (auto&& canvas : canvases)
    if (elementOf(now["canvases"].toArray(), keyOf(canvas)).isUndefined())
      canvas = elementOf(to["canvases"].toArray(), keyOf(canvas));
  out["canvases"] = canvases;
  out["active"] = to["active"];
  return out;
}

int ViewChange::id() const {
  return value_.isEmpty() ? -1 : 1;
}

bool ViewChange::mergeWith(const QUndoCommand* other) {
  const auto& next = static_cast<const ViewChange&>(*other);
  if (next.value_ != value_) return false;
  after_ = applied(after_, next.before_, next.after_);
  setObsolete(Workspace::withoutPlaces(after_) == Workspace::withoutPlaces(before_));
  return true;
}

}  // namespace anchorscope
