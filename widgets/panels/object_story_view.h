#pragma once
// Why an object is starved, contested or served: a sentence, and what it names as rows that lead there.

#include <QWidget>
#include <cstdint>
#include <memory>

#include "core/evidence/object_story.h"

class QLabel;

namespace anchorscope {

class JumpTable;
class StoryModel;

/// Shows one story. GUI thread only.
class ObjectStoryView : public QWidget {
  Q_OBJECT

 public:
  explicit ObjectStoryView(QWidget* parent = nullptr);
  void show(std::shared_ptr<const StageEvidence> evidence, ObjectStory story);
  QString summary() const;
  JumpTable* table() const { return table_; }
  StoryModel* model() const { return model_; }

 signals:
  /// candidate: -1 where a row names another object.
  void pairWanted(int object, std::int64_t candidate);

 private:
  void fitColumns();

  StoryModel* model_;
  QLabel *summary_, *title_;
  JumpTable* table_;
};

/// Candidates by level as a small table in rich text: considered, reached, taken.
QString levelsText(const ObjectStory& story);

}  // namespace anchorscope
