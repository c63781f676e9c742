#include "widgets/help/help_pages.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>

#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "widgets/help/markdown_html.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// The page as its file has it.
QString fileHtml(const QString& page) {
  loadIcons();  // brings in the resources
  QFile file(QStringLiteral(":/help/%1.md").arg(page));
  return file.open(QIODevice::ReadOnly) ? htmlOfMarkdown(file.readAll()) : QString();
}

QString titleOf(const QString& page) {
  static const QRegularExpression heading(QStringLiteral("<h1>(.*)</h1>"));
  return heading.match(fileHtml(page)).captured(1);
}

/// The methods' pages with their first sentences.
QString methodList() {
  static const QRegularExpression lead(QStringLiteral("<p class=\"lead\">([^<]*)</p>"));
  QString html = QStringLiteral("<ul>");
  for (const MethodInfo& info : methodInfos()) {
    const QString name = QString::fromStdString(info.name);
    html += QStringLiteral("\n<li><a href=\"help:%1\">%2</a><br>%3</li>")
                .arg(name, titleOf(name), lead.match(fileHtml(name)).captured(1));
  }
  return html + QStringLiteral("\n</ul>");
}

QString escaped(const std::string& text) {
  return QString::fromStdString(text).toHtmlEscaped();
}

QString rangeOf(const ParamSpec& spec) {
  if (spec.type == ParamType::kChoice) return escaped(join(spec.choices, ", "));
  const auto number = [](double value) { return QString::number(value, 'g', 6); };
  if (spec.min && spec.max) return QStringLiteral("%1 … %2").arg(number(*spec.min), number(*spec.max));
  if (spec.min) return QStringLiteral("from %1").arg(number(*spec.min));
  if (spec.max) return QStringLiteral("up to %1").arg(number(*spec.max));
  return {};
}

/// What stands in place of a comment; nothing when it asks for what is not registered.
QString filledIn(const QString& comment) {
  static const QRegularExpression options(
      QStringLiteral("^options (method|model) ([a-z0-9_-]+)(?: only ([a-z0-9_ ]+))?$"));
  if (comment == QLatin1String("methods")) return methodList();
  const QRegularExpressionMatch asked = options.match(comment);
  const std::string name = asked.captured(2).toStdString();
  const auto params = asked.captured(1) == QLatin1String("method") ? methodParams(name) : modelParams(name);
  if (!params) return {};
  const QStringList only = asked.captured(3).split(QLatin1Char(' '), Qt::SkipEmptyParts);
  if (only.isEmpty()) return optionTable(*params);
  std::vector<ParamSpec> chosen;
  for (const QString& option : only)
    if (const ParamSpec* spec = params->find(option.toStdString())) chosen.push_back(*spec);
  return optionTable(ParamSet(std::move(chosen)));
}

}  // namespace

const std::vector<HelpPage>& helpPages() {
  static const std::vector<HelpPage> pages = [] {
    static const QRegularExpression link(QStringLiteral("href=\"help:(\\w+)"));
    const QString index = QStringLiteral("index");
    QStringList names{index};
    for (auto links = link.globalMatch(helpHtml(index)); links.hasNext();)
      names << links.next().captured(1);
    names << QDir(QStringLiteral(":/help")).entryList({QStringLiteral("*.md")}, QDir::Files, QDir::Name);
    names.replaceInStrings(QStringLiteral(".md"), QString());
    names.removeDuplicates();
    std::vector<HelpPage> read;
    for (const QString& name : names)
      read.push_back({name, titleOf(name)});
    return read;
  }();
  return pages;
}

QString helpPageOf(const QString& what) {
  for (const HelpPage& page : helpPages())
    if (page.name == what) return page.name;
  // Detectors are named after their head and their backbone: the backbone is what is special about these.
  if (what.contains(QLatin1String("lip"))) return QStringLiteral("lip");
  const QString name = QString(what).replace(QLatin1Char('-'), QLatin1Char('_'));
  for (const HelpPage& page : helpPages())
    if (name.contains(page.name)) return page.name;
  return what.contains(QLatin1String("retina")) ? QStringLiteral("max_iou") : QStringLiteral("index");
}

QString optionTable(const ParamSet& params) {
  QString html = QStringLiteral(
      "<table width=\"100%\" cellspacing=\"0\" cellpadding=\"5\">"
      "<tr><th align=\"left\">Option and default</th><th align=\"left\">Meaning</th>"
      "<th align=\"left\">Source</th></tr>");
  for (const ParamSpec& spec : params.specs()) {
    QString meaning = declaredText(spec.help).toHtmlEscaped();
    if (const QString range = rangeOf(spec); !range.isEmpty())
      meaning += QStringLiteral("<br><span class=\"faint\">%1</span>").arg(range);
    if (!spec.whenOption.empty())
      meaning += QStringLiteral("<br><span class=\"faint\">only with %1 = %2</span>")
                     .arg(escaped(spec.whenOption), escaped(join(spec.whenValues, " or ")));
    const QString unit =
        spec.unit.empty() || spec.unit == "1" ? QString() : QLatin1Char(' ') + escaped(spec.unit);
    html +=
        QStringLiteral("<tr><td><code>%1</code><br>%2%3</td><td>%4</td><td class=\"faint\">%5</td></tr>")
            .arg(escaped(spec.name), escaped(toText(spec.defaultValue)), unit, meaning, escaped(spec.source));
  }
  return html + QStringLiteral("</table>");
}

QString helpHtml(const QString& page) {
  static const QRegularExpression asked(QStringLiteral("<!-- ([^>]*) -->(.*?)<!-- end -->"),
                                        QRegularExpression::DotMatchesEverythingOption);
  QString html = fileHtml(page);
  for (QRegularExpressionMatch match = asked.match(html); match.hasMatch(); match = asked.match(html))
    html.replace(match.capturedStart(), match.capturedLength(), filledIn(match.captured(1)));
  return html;
}

}  // namespace anchorscope
