#include "widgets/actions/action_registry.h"

#include <QAction>
#include <QActionGroup>
#include <QMenu>
#include <QMenuBar>
#include <algorithm>

#include "core/base/check.h"
#include "widgets/actions/action_reasons.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

QString menuIdOf(const QString& actionId) {
  return actionId.section(QLatin1Char('.'), 0, -2);
}

void setHelp(QAction* action, const QString& help) {
  const QKeySequence keys = action->shortcut();
  action->setToolTip(
      keys.isEmpty() ? help : QStringLiteral("%1 (%2)").arg(help, keys.toString(QKeySequence::NativeText)));
}

}  // namespace

ActionRegistry::ActionRegistry(QMenuBar& bar, QObject* parent) : QObject(parent), bar_(bar) {}

QMenu* ActionRegistry::menu(const QString& id) const {
  const auto found = std::ranges::find(menus_, id, &Menu::id);
  ANCHORSCOPE_CHECK(found != menus_.end(), "no menu '" + id.toStdString() + "'");
  return found->menu;
}

QMenu* ActionRegistry::addMenu(const QString& id, const QString& title, const QString& parent) {
  QMenu* made = parent.isEmpty() ? bar_.addMenu(title) : menu(parent)->addMenu(title);
  made->setToolTipsVisible(true);
  menus_.push_back({id, title, parent, made});
  return made;
}

void ActionRegistry::addSeparator(const QString& id) {
  menu(id)->addSeparator();
}

QAction* ActionRegistry::add(ActionSpec spec) {
  auto* action = new QAction(spec.text, this);
  action->setShortcut(spec.keys);
  action->setStatusTip(spec.help);
  setHelp(action, spec.help);
  if (!spec.icon.isEmpty()) action->setIcon(themedIcon(spec.icon, &Theme::secondaryText));
  action->setCheckable(spec.group || spec.checkedWhen);
  if (spec.group) spec.group->addAction(action);
  connect(action, &QAction::triggered, this, [run = spec.run] { run(); });
  put(std::move(spec), action);
  return action;
}

void ActionRegistry::adopt(const QString& id, QAction* action) {
  ActionSpec spec;
  spec.id = id;
  put(std::move(spec), action);
}

void ActionRegistry::put(ActionSpec spec, QAction* action) {
  ANCHORSCOPE_CHECK(!find(spec.id), "two actions '" + spec.id.toStdString() + "'");
  menu(menuIdOf(spec.id))->addAction(action);
  entries_.push_back({std::move(spec), action});
}

QStringList ActionRegistry::ids() const {
  QStringList ids;
  for (const Entry& entry : entries_)
    ids << entry.spec.id;
  return ids;
}

QAction* ActionRegistry::find(const QString& id) const {
  const auto found = std::ranges::find(entries_, id, [](const Entry& entry) { return entry.spec.id; });
  return found == entries_.end() ? nullptr : found->action;
}

QString ActionRegistry::menuPath(const QString& id) const {
  QStringList titles;
  for (QString at = menuIdOf(id); !at.isEmpty();) {
    const auto found = std::ranges::find(menus_, at, &Menu::id);
    if (found == menus_.end()) break;
    titles.prepend(QString(found->title).remove(QLatin1Char('&')));
    at = found->parent;
  }
  return titles.join(QStringLiteral(" ▸ "));
}

QString ActionRegistry::whyNot(const QString& id) const {
  const auto found = std::ranges::find(entries_, id, [](const Entry& entry) { return entry.spec.id; });
  if (found == entries_.end() || found->action->isEnabled()) return {};
  if (found->spec.whyNot)
    if (const QString why = found->spec.whyNot(at_); !why.isEmpty()) return why;
  const QString missing = whatIsMissing(found->spec.enabledWhen, at_);
  return missing.isEmpty() ? tr("there is nothing to do it with at present") : missing;
}

void ActionRegistry::refresh(const ActionContext& context) {
  at_ = context;
  for (const Entry& entry : entries_) {
    if (entry.spec.whyNot) {
      const QString why = entry.spec.whyNot(context);
      if (why.isEmpty())
        setHelp(entry.action, entry.spec.help);
      else
        entry.action->setToolTip(why);
    }
    if (entry.spec.checkedWhen) entry.action->setChecked(entry.spec.checkedWhen(context));
    if (entry.spec.enabledWhen) entry.action->setEnabled(entry.spec.enabledWhen(context));
  }
}

QString ActionRegistry::cheatSheet(const std::vector<std::pair<QString, Keys>>& more) const {
  QString html = QStringLiteral("<table cellspacing='0' cellpadding='4'>");
  const auto section = [&html](QString title, const Keys& rows) {
    if (rows.empty()) return;
    html += QStringLiteral("<tr><td colspan='2'><br><i>%1</i></td></tr>")
                .arg(title.remove(QLatin1Char('&')).toHtmlEscaped());
    for (const auto& [keys, what] : rows)
      html += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                  .arg(keys.toHtmlEscaped(), what.toHtmlEscaped());
  };
  for (const Menu& menu : menus_) {
    Keys rows;
    for (const Entry& entry : entries_)
      if (menuIdOf(entry.spec.id) == menu.id && !entry.action->shortcut().isEmpty())
        rows.emplace_back(entry.action->shortcut().toString(QKeySequence::NativeText),
                          entry.action->statusTip());
    section(menu.title, rows);
  }
  for (const auto& [title, rows] : more)
    section(title, rows);
  return html + QStringLiteral("</table>");
}

}  // namespace anchorscope
