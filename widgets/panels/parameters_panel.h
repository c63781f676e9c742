#pragma once
// The options that can change while training goes on: a form with a search, what of it does not go together,
// and from which step a change holds.

#include <QWidget>

class QLabel;
class QLineEdit;

namespace anchorscope {

class LiveParameters;
class ParamForm;

/// GUI thread only.
class ParametersPanel : public QWidget {
  Q_OBJECT

 public:
  /// `parameters` must outlive it.
  explicit ParametersPanel(LiveParameters& parameters, QWidget* parent = nullptr);

  /// Whether the run takes changes now, and what to know about that.
  void setCanChange(bool can, const QString& help);
  /// Puts the cursor into the search once the panel is laid out.
  void focusSearch();
  /// Puts the cursor into an option's field, whatever is searched for. Full key.
  void goTo(const QString& key);
  ParamForm& form() { return *form_; }

 signals:
  /// The way out that was clicked is an option that cannot change while training.
  void cannotChange(const QString& key);

 private:
  void showWanted();

  LiveParameters& parameters_;
  QLabel *help_, *news_;
  QLineEdit* search_;
  ParamForm* form_;
};

}  // namespace anchorscope
