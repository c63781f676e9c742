#include "widgets/help/help_pages.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <algorithm>

#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

QString fileText(const QString& page) {
  loadIcons();  // brings in the resources
  QFile file(QStringLiteral(":/help/%1.html").arg(page));
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// The names of all pages.
QStringList pageFiles() {
  loadIcons();
  QStringList names =
      QDir(QStringLiteral(":/help")).entryList({QStringLiteral("*.html")}, QDir::Files, QDir::Name);
  for (QString& name : names)
    name.chop(5);
  return names;
}

/// The methods' pages with their first sentences.
QString methodList() {
  static const QRegularExpression title(QStringLiteral("<title>(.*)</title>")),
      lead(QStringLiteral("<p class=\"lead\">(.*)</p>"));
  QString html = QStringLiteral("<ul>");
  for (const MethodInfo& info : methodInfos()) {
    const QString name = QString::fromStdString(info.name), text = fileText(name);
    html += QStringLiteral("\n<li><a href=\"help:%1\">%2</a><br>%3</li>")
                .arg(name, title.match(text).captured(1), lead.match(text).captured(1));
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

/// The table a comment in a page asks for; empty when nothing of that name is registered.
QString askedTable(const QString& kind, const QString& name, const QString& only) {
  const auto params =
      kind == QLatin1String("method") ? methodParams(name.toStdString()) : modelParams(name.toStdString());
  if (!params) return {};
  if (only.isEmpty()) return optionTable(*params);
  std::vector<ParamSpec> chosen;
  for (const QString& option : only.split(QLatin1Char(' '), Qt::SkipEmptyParts))
    if (const ParamSpec* spec = params->find(option.toStdString())) chosen.push_back(*spec);
  return optionTable(ParamSet(std::move(chosen)));
}

}  // namespace

const std::vector<HelpPage>& helpPages() {
  static const std::vector<HelpPage> pages = [] {
    static const QRegularExpression title(QStringLiteral("<title>(.*)</title>"));
    std::vector<HelpPage> read;
    QStringList left = pageFiles(), names;
    const auto take = [&](const QString& name) {
      if (left.removeOne(name)) names << name;
    };
    take(QStringLiteral("index"));
    take(QStringLiteral("window"));
    for (const MethodInfo& info : methodInfos())
      take(QString::fromStdString(info.name));
    for (const QString& name : names + left)
      read.push_back({name, title.match(fileText(name)).captured(1)});
    return read;
  }();
  return pages;
}

QString helpPageOf(const QString& what) {
  for (const HelpPage& page : helpPages())
    if (page.name == what) return page.name;
  // Detectors are named after their head and their backbone: the backbone is what is special about these.
  if (what.contains(QLatin1String("lip"))) return QStringLiteral("lip");
  for (const HelpPage& page : helpPages())
    if (what.contains(page.name)) return page.name;
  return what.contains(QLatin1String("retina")) ? QStringLiteral("max_iou") : QStringLiteral("index");
}

QString optionTable(const ParamSet& params) {
  QString html = QStringLiteral(
      "<table class=\"options\" width=\"100%\" cellspacing=\"0\" cellpadding=\"5\">"
      "<tr><th align=\"left\">Option and default</th><th align=\"left\">Meaning</th>"
      "<th align=\"left\">Source</th></tr>");
  for (const ParamSpec& spec : params.specs()) {
    QString meaning = escaped(spec.help);
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
  QString html = fileText(page);
  static const QRegularExpression asked(
      QStringLiteral("<!-- options (method|model) ([a-z0-9_-]+)(?: only ([a-z0-9_ ]+))? -->"));
  for (QRegularExpressionMatch match = asked.match(html); match.hasMatch(); match = asked.match(html))
    html.replace(match.capturedStart(), match.capturedLength(),
                 askedTable(match.captured(1), match.captured(2), match.captured(3)));
  html.replace(QLatin1String("<!-- methods -->"), methodList());
  return html;
}

}  // namespace anchorscope
