#include "widgets/help/help_browser.h"

#include <QDesktopServices>
#include <QEvent>
#include <QMimeData>
#include <QRegularExpression>
#include <QScrollBar>
#include <QTextDocumentFragment>

#include "widgets/help/formula_image.h"
#include "widgets/help/help_pages.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr double kFormulaEmPx = 17;

QString styleOf(const Theme& theme) {
  return QStringLiteral(
             "body { color: %1; font-size: 13px; }"
             "h1 { font-size: 22px; font-weight: 600; margin-top: 4px; margin-bottom: 2px; }"
             "h2 { font-size: 14px; font-weight: 600; color: %1; margin-top: 20px; margin-bottom: 4px; }"
             "p { margin-top: 5px; margin-bottom: 5px; line-height: 135%; }"
             "li { margin-bottom: 3px; line-height: 130%; }"
             "p.formula { margin-top: 10px; margin-bottom: 10px; margin-left: 18px; }"
             "p.lead { color: %2; font-size: 14px; }"
             ".faint { color: %2; }"
             "a { color: %3; text-decoration: none; }"
             "code { font-size: 12px; background-color: %4; }"
             "table { margin-top: 6px; margin-bottom: 10px; }"
             "td { font-size: 12px; border-top: 1px solid %5; }"
             "th { font-size: 11px; color: %2; }")
      .arg(theme.text.name(), theme.secondaryText.name(), theme.selection.name(), theme.raised.name(),
           theme.line.name());
}

}  // namespace

HelpBrowser::HelpBrowser(QWidget* parent) : QTextBrowser(parent) {
  setObjectName(QStringLiteral("helpBrowser"));
  setOpenLinks(false);  // it would hand "help:" addresses to the desktop
  connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl& link) {
    if (link.scheme() == QLatin1String("help"))
      setSource(link);
    else
      QDesktopServices::openUrl(link);
  });
  setFrameShape(QFrame::NoFrame);
  document()->setDocumentMargin(22);
  applyColours();
}

void HelpBrowser::showPage(const QString& page) {
  setSource(QUrl(QStringLiteral("help:") + page));
}

QVariant HelpBrowser::loadResource(int type, const QUrl& name) {
  if (name.scheme() == QLatin1String("help")) return helpHtml(name.path());
  if (name.scheme() == QLatin1String("formula"))
    return formulaImage(name.path(), kFormulaEmPx, themeOf(palette()).text, devicePixelRatioF());
  return QTextBrowser::loadResource(type, name);
}

QMimeData* HelpBrowser::createMimeDataFromSelection() const {
  static const QRegularExpression image(QStringLiteral("<img [^>]*src=\"formula:([a-z0-9_]+)\"[^>]*>"));
  QString html = textCursor().selection().toHtml();
  for (QRegularExpressionMatch match = image.match(html); match.hasMatch(); match = image.match(html))
    html.replace(match.capturedStart(), match.capturedLength(),
                 QStringLiteral("$%1$").arg(formulaTex(match.captured(1)).toHtmlEscaped()));
  auto* mime = new QMimeData;
  mime->setHtml(html);
  mime->setText(QTextDocumentFragment::fromHtml(html).toPlainText());
  return mime;
}

void HelpBrowser::changeEvent(QEvent* event) {
  QTextBrowser::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) applyColours();
}

void HelpBrowser::applyColours() {
  if (applying_) return;
  const QString style = styleOf(themeOf(palette()));
  if (style == document()->defaultStyleSheet()) return;
  applying_ = true;
  document()->setDefaultStyleSheet(style);
  if (!source().isEmpty()) {
    const int place = verticalScrollBar()->value();
    reload();
    verticalScrollBar()->setValue(place);
  }
  applying_ = false;
}

}  // namespace anchorscope
