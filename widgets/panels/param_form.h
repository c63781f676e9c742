#pragma once
// A form made from ParamSpecs: one row per option with its unit, help and source, and what is wrong with it
// beside it.

#include <QHash>
#include <QString>
#include <QWidget>

#include "core/base/param.h"

class QFormLayout;
class QLabel;
class QLineEdit;

namespace anchorscope {

/// Edits one ParamSet. GUI thread only.
class ParamForm : public QWidget {
  Q_OBJECT

 public:
  explicit ParamForm(QWidget* parent = nullptr);
  ~ParamForm() override;

  /// Rebuilds the form. `prefix` stands before the names in paramEdited ("method.").
  void setParams(const ParamSet& params, const QString& prefix = {});
  const ParamSet& params() const { return params_; }
  /// No field holds an invalid text.
  bool valid() const { return wrong_.isEmpty(); }
  /// Shows only rows whose name or help contains the text.
  void setFilter(const QString& text);
  /// Marks a value as refused by the run, with its reason beside the field.
  void showRefusal(const QString& name, const QString& reason);

 signals:
  /// A field got a new valid value (already in params()).
  void paramEdited(const QString& key, const QString& value);
  void validityChanged();

 private:
  QWidget* makeEditor(const ParamSpec& spec);
  void accept(const std::string& name, const QString& text);
  void letGoOfEditors();
  void markWrong(const QString& name, const QString& reason);

  ParamSet params_;
  QString prefix_;
  QFormLayout* form_ = nullptr;
  QHash<QString, QLabel*> messages_;
  QHash<QString, QWidget*> rows_;
  QHash<QString, QString> wrong_;
};

}  // namespace anchorscope
