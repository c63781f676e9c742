#include "widgets/notify/problems_model.h"

#include <QString>
#include <algorithm>

namespace anchorscope {
namespace {

/// How many problems of earlier runs stay listed: the newest.
constexpr std::size_t kMostEarlier = 200;

QString actionText(RecordAction action) {
  switch (action) {
    case RecordAction::kSkipped:
      return ProblemsModel::tr("skipped");
    case RecordAction::kClipped:
      return ProblemsModel::tr("clipped");
    case RecordAction::kKept:
      return ProblemsModel::tr("kept");
    case RecordAction::kLeftOut:
      return ProblemsModel::tr("left out on request");
  }
  return {};
}

}  // namespace

void ProblemsModel::add(const Diagnostics& diagnostics) {
  std::vector<Problem> problems;
  for (const RecordProblem& problem : diagnostics.problems()) {
    QString where = QString::fromStdString(problem.file);
    if (!problem.record.empty()) where += QStringLiteral(" · ") + QString::fromStdString(problem.record);
    QString message = QString::fromStdString(problem.message);
    if (problem.count > 1) message += tr(" (%1 records; this is the first)").arg(problem.count);
    problems.push_back(
        {where, QString::fromStdString(problem.kind), message, actionText(problem.action), /*ofData=*/true});
  }
  append(std::move(problems));
}

void ProblemsModel::add(Problem problem) {
  append({std::move(problem)});
}

void ProblemsModel::append(std::vector<Problem> problems) {
  if (problems.empty()) return;
  const int first = static_cast<int>(problems_.size());
  beginInsertRows({}, first, first + static_cast<int>(problems.size()) - 1);
  problems_.insert(problems_.end(), problems.begin(), problems.end());
  endInsertRows();
}

void ProblemsModel::amend(const QString& message, Problem problem) {
  const auto found = std::find_if(problems_.rbegin(), problems_.rend(), [&](const Problem& listed) {
    return !listed.earlier && listed.message == message;
  });
  if (found == problems_.rend()) {
    add(std::move(problem));
    return;
  }
  *found = std::move(problem);
  const int row = static_cast<int>(problems_.rend() - found) - 1;
  emit dataChanged(index(row, 0), index(row, columnCount() - 1));
}

void ProblemsModel::beginRun() {
  beginResetModel();
  std::erase_if(problems_, [](const Problem& problem) { return problem.ofData; });
  if (problems_.size() > kMostEarlier)
    problems_.erase(problems_.begin(), problems_.end() - static_cast<std::ptrdiff_t>(kMostEarlier));
  for (Problem& problem : problems_)
    problem.earlier = true;
  endResetModel();
}

int ProblemsModel::presentCount() const {
  return static_cast<int>(std::count_if(problems_.begin(), problems_.end(),
                                        [](const Problem& problem) { return !problem.earlier; }));
}

int ProblemsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(problems_.size());
}
int ProblemsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : 4;
}

QVariant ProblemsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) return {};
  const Problem& problem = problems_[static_cast<std::size_t>(index.row())];
  switch (index.column()) {
    case 0:
      return problem.kind;
    case 1:
      return problem.message;
    case 2:
      return problem.earlier ? tr("earlier run · %1").arg(problem.where) : problem.where;
    case 3:
      return problem.action;
    default:
      return {};
  }
}

QVariant ProblemsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case 0:
      return tr("kind");
    case 1:
      return tr("what");
    case 2:
      return tr("where");
    case 3:
      return tr("done");
    default:
      return {};
  }
}

}  // namespace anchorscope
