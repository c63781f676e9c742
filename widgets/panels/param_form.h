#pragma once
// A form made from ParamSpecs: one row per option with its unit, help and source, and what is wrong with it
// beside it. Options that do not apply at present are folded away.

#include <QHash>
#include <QString>
#include <QWidget>
#include <vector>

#include "core/base/combination.h"
#include "core/base/param.h"

class QFormLayout;
class QLineEdit;

namespace anchorscope {

class ConflictLabel;
class ValueSlider;

/// Which options get a row.
enum class ParamScope {
  kAll,
  kLive  ///< Those that can change while training.
};

/// How numbers are edited.
enum class NumberEditors {
  kFields,
  kSliders  ///< With a slider beside the field, whose every place is taken at once.
};

/// Edits one ParamSet. GUI thread only.
class ParamForm : public QWidget {
  Q_OBJECT

 public:
  explicit ParamForm(QWidget* parent = nullptr, NumberEditors numbers = NumberEditors::kFields);
  ~ParamForm() override;

  /// Rebuilds the form. `prefix` stands before the names in paramEdited ("method.").
  void setParams(const ParamSet& params, const QString& prefix = {}, ParamScope scope = ParamScope::kAll);
  const ParamSet& params() const { return params_; }
  /// No field holds an invalid text.
  bool valid() const { return wrong_.isEmpty(); }
  bool hasConflicts() const { return !conflicts_.isEmpty(); }
  /// Tells of each conflict beside the field it names (full keys, with the prefix); those of other forms are
  /// left alone. Replaces what was told before.
  void setConflicts(const std::vector<OptionConflict>& conflicts);
  /// Brings an option into view, where the form stands in a scroll area. Full key; of another form: nothing.
  void scrollTo(const QString& key);
  /// Shows only rows whose name or help contains the text.
  void setFilter(const QString& text);
  /// Marks a value as refused by the run, with its reason beside the field.
  void showRefusal(const QString& name, const QString& reason);

 signals:
  /// A field got a new valid value (already in params()).
  void paramEdited(const QString& key, const QString& value);
  void validityChanged();
  /// The link beside a conflict was clicked. The key may belong to another form.
  void fixWanted(const QString& key, const QString& value);

 private:
  struct Row {
    QWidget *host = nullptr, *editor = nullptr;
    ConflictLabel* message = nullptr;
  };
  void makeRow(const ParamSpec& spec);
  QWidget* makeEditor(const ParamSpec& spec);
  ValueSlider* makeSlider(const ParamSpec& spec, QLineEdit* field);
  void accept(const std::string& name, const QString& text);
  void letGoOfEditors();
  void markWrong(const QString& name, const QString& reason);
  void refreshMessage(const QString& name);
  void foldRows();

  const NumberEditors numbers_;
  ParamSet params_;
  QString prefix_, filter_;
  QFormLayout* form_ = nullptr;
  QHash<QString, Row> rows_;
  QHash<QString, QString> wrong_;
  QHash<QString, OptionConflict> conflicts_;
};

}  // namespace anchorscope
