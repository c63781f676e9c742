#include "widgets/help/markdown_html.h"

#include <md4c-html.h>

#include <QRegularExpression>

namespace anchorscope {
namespace {

void append(const MD_CHAR* text, MD_SIZE size, void* html) {
  static_cast<QByteArray*>(html)->append(text, size);
}

}  // namespace

QString htmlOfMarkdown(const QByteArray& markdown) {
  static const QRegularExpression lead(QStringLiteral("</h1>\\s*<p>")),
      formula(QStringLiteral("<p><img src=\"formulas/(\\w+)\\.svg\"[^>]*></p>")),
      page(QStringLiteral("href=\"(\\w+)\\.md(?:#[^\"]*)?\"")),
      elsewhere(QStringLiteral("<a href=\"\\.\\./[^>]*>(.*?)</a>"),
                QRegularExpression::DotMatchesEverythingOption);
  QByteArray html;
  md_html(markdown.constData(), static_cast<MD_SIZE>(markdown.size()), append, &html, MD_DIALECT_GITHUB, 0);
  const QString body =
      QString::fromUtf8(html)
          .replace(lead, QStringLiteral("</h1>\n<p class=\"lead\">"))
          .replace(formula, QStringLiteral("<p class=\"formula\"><img src=\"formula:\\1\"></p>"))
          .replace(page, QStringLiteral("href=\"help:\\1\""))
          .replace(elsewhere, QStringLiteral("\\1"))
          .replace(QLatin1String("<table>"),
                   QLatin1String("<table width=\"100%\" cellspacing=\"0\" cellpadding=\"5\">"))
          .replace(QLatin1String("<th>"), QLatin1String("<th align=\"left\">"));
  return body.isEmpty() ? body : QStringLiteral("<html><body>\n%1</body></html>\n").arg(body);
}

}  // namespace anchorscope
