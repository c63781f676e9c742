#pragma once
// A field for a condition over scalars, which completes their names and says what is wrong.

#include <QLineEdit>
#include <string>
#include <vector>

class QCompleter;

namespace anchorscope {

/// GUI thread only.
class ConditionEdit : public QLineEdit {
  Q_OBJECT

 public:
  explicit ConditionEdit(std::vector<std::string> names, QWidget* parent = nullptr);

  void setNames(std::vector<std::string> names);
  /// Why the text is no condition over these scalars; empty: it is one.
  QString complaint() const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  /// The name that the cursor stands behind, and where it begins.
  QString wordAtCursor(int* begin) const;
  void complete();
  void insertCompletion(const QString& name);

  std::vector<std::string> names_;
  QCompleter* completer_;
};

}  // namespace anchorscope
