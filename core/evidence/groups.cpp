#include "core/evidence/groups.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/evidence/candidate_losses.h"
#include "core/evidence/level_name.h"
#include "core/evidence/winners.h"

namespace anchorscope {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const Channel* ofCandidates(const StageEvidence& stage, const char* name) {
  const Channel* channel = stage.channel(name);
  return channel && channel->values.size() == stage.candidates->count() ? channel : nullptr;
}

/// Which group a candidate belongs to, by what a head learns there.
class Grouping {
 public:
  Grouping(const StageEvidence& stage, GroupBy by) : stage_(stage), by_(by) {
    for (Winners& head : anchorscope::winnersOf(stage))
      if (head.channel->values.size() == stage.candidates->count()) heads_.push_back(std::move(head));
    const auto& objects = stage.image->objects;
    const auto add = [&](std::string name, std::int32_t key, CandidateCondition condition) {
      CandidateGroup& group = groups.emplace_back();
      group.name = std::move(name);
      group.key = key;
      group.condition = std::move(condition);
    };
    switch (by) {
      case GroupBy::kImage:
        add(stage.image->name, 0, {});
        return;
      case GroupBy::kLevel:
        for (std::size_t level = 0; level < stage.candidates->levels.size(); ++level) {
          CandidateCondition condition;
          condition.level = static_cast<int>(level);
          add(levelName(stage.candidates->levels[level].stride), static_cast<std::int32_t>(level), condition);
        }
        if (groups.empty()) add("all", -1, {});
        return;
      case GroupBy::kClass: {
        int classes = stage.classNames ? static_cast<int>(stage.classNames->size()) : 0;
        for (const ObjectRecord& object : objects)
          classes = std::max(classes, object.classIndex + 1);
        for (int index = 0; index < classes; ++index) {
          CandidateCondition condition;
          condition.ofClass = index;
          const bool named = stage.classNames && static_cast<std::size_t>(index) < stage.classNames->size();
          add(named ? (*stage.classNames)[static_cast<std::size_t>(index)] : concat("class ", index), index,
              condition);
        }
        break;
      }
      case GroupBy::kObject:
        for (std::size_t object = 0; object < objects.size(); ++object) {
          CandidateCondition condition;
          condition.object = static_cast<std::int32_t>(object);
          add(concat("object ", object), static_cast<std::int32_t>(object), condition);
        }
        break;
      case GroupBy::kRole: {
        CandidateCondition condition;
        condition.role = CandidateRole::kPositive;
        add("positive", -1, condition);
        break;
      }
    }
    others_ = groups.size();
    for (const auto& [name, role] : {std::pair{"background", CandidateRole::kBackground},
                                     std::pair{"ignored", CandidateRole::kIgnored}}) {
      CandidateCondition condition;
      condition.role = role;
      add(name, -1, condition);
    }
  }

  /// For a head, by its winner at the candidate.
  std::size_t ofHead(std::size_t candidate, const Winners* head) const {
    if (by_ == GroupBy::kImage) return 0;
    if (by_ == GroupBy::kLevel) return levelOf(candidate);
    const auto& objects = stage_.image->objects;
    const std::int32_t winner = head ? head->at(candidate, objects.size()) : -1;
    if (winner < 0) return others_ + (winner == -2 ? 1 : 0);
    if (by_ == GroupBy::kRole) return 0;
    if (by_ == GroupBy::kObject) return static_cast<std::size_t>(winner);
    return static_cast<std::size_t>(std::max(0, objects[static_cast<std::size_t>(winner)].classIndex));
  }

  /// The head that counts a loss of this colour; null where no head tells.
  const Winners* headOf(const ChannelSpec& loss) const {
    const bool classification = loss.scale == ColorScale::kClassification;
    for (const Winners& head : heads_)
      if ((head.channel->spec.scale == ColorScale::kClassification) == classification) return &head;
    return heads_.empty() ? nullptr : &heads_.front();
  }
  const std::vector<Winners>& heads() const { return heads_; }
  std::size_t levelOf(std::size_t candidate) const {
    const auto& levels = stage_.candidates->levels;
    std::size_t level = 0;
    while (level + 1 < levels.size() && levels[level + 1].firstAnchor <= static_cast<std::int64_t>(candidate))
      ++level;
    return level;
  }

  std::vector<CandidateGroup> groups;

 private:
  const StageEvidence& stage_;
  GroupBy by_;
  std::vector<Winners> heads_;
  std::size_t others_ = 0;
};

/// Sums over a group's positives on the way to their means.
struct Sums {
  double score = 0, iou = 0;
  std::int64_t scores = 0, ious = 0;
};

}  // namespace

const char* groupByName(GroupBy by) {
  switch (by) {
    case GroupBy::kRole:
      return "role";
    case GroupBy::kLevel:
      return "level";
    case GroupBy::kClass:
      return "class";
    case GroupBy::kObject:
      return "object";
    case GroupBy::kImage:
      return "image";
  }
  return "";
}

GroupTable groupsOf(const StageEvidence& stage, GroupBy by, const CandidateSubset* subset) {
  GroupTable out;
  out.by = by;
  if (!stage.candidates || !stage.image) return out;
  const std::size_t count = stage.candidates->count();
  Grouping grouping(stage, by);
  const std::vector<CandidateRole> roles = rolesOf(stage);
  const Channel *score = ofCandidates(stage, "cls_score_object"), *iou = ofCandidates(stage, "iou");
  std::vector<CandidateGroup>& groups = grouping.groups;
  std::vector<Sums> sums(groups.size());
  Sums all;
  const bool byObject = by == GroupBy::kClass || by == GroupBy::kObject;

  const auto add = [&](CandidateGroup& group, Sums& sum, std::size_t i) {
    ++group.candidates;
    if (subset && i < subset->inside.size()) group.inSubset += subset->inside[i];
    if (roles.empty() || roles[i] != CandidateRole::kPositive) return;
    ++group.positives;
    const auto measure = [i](const Channel* channel, double& to, std::int64_t& number) {
      if (!channel || std::isnan(channel->values[i])) return;
      to += static_cast<double>(channel->values[i]);
      ++number;
    };
    measure(score, sum.score, sum.scores);
    measure(iou, sum.iou, sum.ious);
  };
  for (std::size_t i = 0; i < count; ++i) {
    add(out.all, all, i);
    if (by == GroupBy::kImage || by == GroupBy::kLevel) {
      const std::size_t group = grouping.ofHead(i, nullptr);
      add(groups[group], sums[group], i);
      continue;
    }
    const CandidateRole role = roles.empty() ? CandidateRole::kBackground : roles[i];
    if (role != CandidateRole::kPositive) {
      const std::size_t group = groups.size() - (role == CandidateRole::kIgnored ? 1 : 2);
      add(groups[group], sums[group], i);
    } else if (!byObject) {
      add(groups[0], sums[0], i);
    } else {
      std::vector<std::size_t> counted;  // each once, whatever the number of heads
      for (const Winners& head : grouping.heads()) {
        if (head.at(i, stage.image->objects.size()) < 0) continue;
        const std::size_t group = grouping.ofHead(i, &head);
        if (std::find(counted.begin(), counted.end(), group) != counted.end()) continue;
        add(groups[group], sums[group], i);
        counted.push_back(group);
      }
    }
  }
  const auto finish = [](CandidateGroup& group, const Sums& sum) {
    group.score = sum.scores > 0 ? sum.score / static_cast<double>(sum.scores) : kNan;
    group.iou = sum.ious > 0 ? sum.iou / static_cast<double>(sum.ious) : kNan;
  };
  finish(out.all, all);
  for (std::size_t g = 0; g < groups.size(); ++g)
    finish(groups[g], sums[g]);

  for (const Channel* loss : candidateLossChannels(stage)) {
    if (loss->values.size() != count) continue;
    const Winners* head = grouping.headOf(loss->spec);
    std::vector<double> sum(groups.size(), 0);
    double total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const float value = loss->values[i];
      if (std::isnan(value)) continue;
      sum[grouping.ofHead(i, head)] += static_cast<double>(value);
      total += static_cast<double>(value);
    }
    out.losses.push_back(loss->spec);
    out.all.losses.push_back(total);
    for (std::size_t g = 0; g < groups.size(); ++g)
      groups[g].losses.push_back(sum[g]);
  }
  out.all.name = "all";
  out.groups = std::move(groups);
  return out;
}

GroupTable groupsOfImages(const std::vector<std::shared_ptr<const StageEvidence>>& stages) {
  GroupTable out;
  out.by = GroupBy::kImage;
  out.all.name = "all";
  Sums all;
  for (const auto& stage : stages) {
    GroupTable one = groupsOf(*stage, GroupBy::kImage);
    if (one.groups.empty()) continue;
    if (out.groups.empty()) {
      out.losses = one.losses;
      out.all.losses.assign(one.losses.size(), 0);
    }
    CandidateGroup group = std::move(one.groups.front());
    group.key = static_cast<std::int32_t>(out.groups.size());
    std::vector<double> losses;
    for (std::size_t l = 0; l < out.losses.size(); ++l) {
      const auto same = std::find_if(one.losses.begin(), one.losses.end(), [&](const ChannelSpec& spec) {
        return spec.name == out.losses[l].name;
      });
      losses.push_back(same == one.losses.end()
                           ? kNan
                           : group.losses[static_cast<std::size_t>(same - one.losses.begin())]);
      out.all.losses[l] += std::isnan(losses.back()) ? 0 : losses.back();
    }
    group.losses = std::move(losses);
    out.all.candidates += group.candidates;
    out.all.positives += group.positives;
    const auto weigh = [&](double mean, double& sum, std::int64_t& number) {
      if (std::isnan(mean)) return;
      sum += mean * static_cast<double>(group.positives);
      number += group.positives;
    };
    weigh(group.score, all.score, all.scores);
    weigh(group.iou, all.iou, all.ious);
    out.groups.push_back(std::move(group));
  }
  out.all.score = all.scores > 0 ? all.score / static_cast<double>(all.scores) : kNan;
  out.all.iou = all.ious > 0 ? all.iou / static_cast<double>(all.ious) : kNan;
  return out;
}

}  // namespace anchorscope
