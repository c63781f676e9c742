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
  workspace_.arrange(before_);
}

void ViewChange::redo() {
  if (!std::exchange(done_, true)) workspace_.arrange(after_);
}

int ViewChange::id() const {
  return value_.isEmpty() ? -1 : 1;
}

bool ViewChange::mergeWith(const QUndoCommand* other) {
  const auto& next = static_cast<const ViewChange&>(*other);
  if (next.value_ != value_) return false;
  after_ = next.after_;
  setObsolete(Workspace::withoutPlaces(after_) == Workspace::withoutPlaces(before_));
  return true;
}

}  // namespace anchorscope
