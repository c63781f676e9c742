#pragma once
// Shows the help's pages in the present theme: formulas crisp and in the colour of the text.

#include <QTextBrowser>

namespace anchorscope {

/// Addresses are "help:PAGE", images "formula:NAME". GUI thread only.
class HelpBrowser : public QTextBrowser {
  Q_OBJECT

 public:
  explicit HelpBrowser(QWidget* parent = nullptr);
  /// Name of the page that is shown.
  QString page() const { return source().path(); }
  void showPage(const QString& page);
  QVariant loadResource(int type, const QUrl& name) override;

 protected:
  /// Formulas are copied as TeX.
  QMimeData* createMimeDataFromSelection() const override;
  void changeEvent(QEvent* event) override;

 private:
  void applyColours();
  bool applying_ = false;
};

}  // namespace anchorscope
