#include "widgets/plot/curve_sets.h"

#include <QCoreApplication>
#include <algorithm>

namespace anchorscope {
namespace {

struct Wanted {
  const char* title;
  /// Whole names; with a dot in front ends of names ("sampling_free.ratio"), with one behind beginnings.
  std::vector<const char*> names;
};

// A new set is a line here.
const std::vector<Wanted>& wantedSets() {
  static const std::vector<Wanted> sets{
      {QT_TRANSLATE_NOOP("CurveSets", "Losses"), {"loss.total", "loss.cls", "loss.loc"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Losses of stages"), {".loss.cls", ".loss.loc"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Classification loss of positives and background"),
       {"loss.cls_fg", "loss.cls_bg"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Gradients of positives and background"),
       {"grad.cls_fg", "grad.cls_bg"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Prior and balance of the heads"),
       {"train.prior", "train.cls_bias", ".ratio", ".delta2", ".sigma2_cls", ".sigma2_loc"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Negative effective weights"), {".negative_cls", ".negative_loc"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Positives"), {"positives.cls", "positives.reg", "objects"}},
      {QT_TRANSLATE_NOOP("CurveSets", "Average precision"), {"eval.ap", "eval.ap50", "eval.ap75"}},
      {QT_TRANSLATE_NOOP("CurveSets", "What errors cost, validation"), {"eval.tide."}},
      {QT_TRANSLATE_NOOP("CurveSets", "Rates and gradient"), {"train.lr", "train.grad_norm"}}};
  return sets;
}

bool isMeant(const std::string& name, const std::string& wanted) {
  if (wanted.front() == '.') return name.ends_with(wanted);
  return wanted.back() == '.' ? name.starts_with(wanted) : name == wanted;
}

}  // namespace

std::vector<CurveSet> curveSets(const std::vector<std::string>& names) {
  std::vector<CurveSet> out;
  for (const Wanted& wanted : wantedSets()) {
    CurveSet set{QCoreApplication::translate("CurveSets", wanted.title), {}};
    for (const char* its : wanted.names)
      for (const std::string& name : names)
        if (isMeant(name, its)) set.names << QString::fromStdString(name);
    set.names.removeDuplicates();
    if (!set.names.isEmpty()) out.push_back(std::move(set));
  }
  return out;
}

}  // namespace anchorscope
