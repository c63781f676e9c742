#include "widgets/theme/app_theme.h"

#include <QApplication>
#include <QDockWidget>
#include <QFont>
#include <QFontDatabase>
#include <QMainWindow>
#include <QPalette>
#include <QStyleFactory>
#include <QStyleHints>
#include <utility>
#include <vector>

#include "widgets/state/theme.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

QPalette paletteOf(const Theme& theme) {
  QPalette palette;
  palette.setColor(QPalette::Window, theme.panel);
  palette.setColor(QPalette::WindowText, theme.text);
  palette.setColor(QPalette::Base, theme.panel);
  palette.setColor(QPalette::AlternateBase, theme.raised);
  palette.setColor(QPalette::Text, theme.text);
  palette.setColor(QPalette::PlaceholderText, theme.secondaryText);
  palette.setColor(QPalette::Button, theme.raised);
  palette.setColor(QPalette::ButtonText, theme.text);
  palette.setColor(QPalette::BrightText, theme.failed);
  palette.setColor(QPalette::ToolTipBase, theme.raised);
  palette.setColor(QPalette::ToolTipText, theme.text);
  palette.setColor(QPalette::Highlight, theme.selection);
  palette.setColor(QPalette::HighlightedText, Qt::white);
  palette.setColor(QPalette::Link, theme.selection);
  palette.setColor(QPalette::Light, theme.raised);
  palette.setColor(QPalette::Midlight, theme.raised);
  palette.setColor(QPalette::Mid, theme.line);
  palette.setColor(QPalette::Dark, theme.line);
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    QColor faded = theme.secondaryText;
    faded.setAlphaF(0.55f);
    palette.setColor(QPalette::Disabled, role, faded);
  }
  return palette;
}

// Placeholders {name} are the Theme's colours.
const char* const kStyleSheet = R"(
* { font-size: 12px; }
QMainWindow, QDialog { background: {panel}; }
QMainWindow::separator { background: {line}; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: {selection}; }
QMenuBar { background: {panel}; border-bottom: 1px solid {line}; padding: 2px 8px; }
QMenuBar::item { padding: 4px 10px; background: transparent; color: {secondary}; border-radius: 4px; }
QMenuBar::item:selected { background: {raised}; color: {text}; }
QMenu { background: {raised}; border: 1px solid {line}; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 22px; border-radius: 4px; }
QMenu::item:selected { background: {selection}; color: white; }
QMenu::item:disabled { color: {faded}; }
QMenu::separator { height: 1px; background: {line}; margin: 4px 8px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px; }
QStatusBar { background: {raised}; color: {secondary}; border-top: 1px solid {line}; }
QStatusBar::item { border: none; }
QDockWidget { color: {secondary}; titlebar-close-icon: none; }
QDockWidget::title { background: {panel}; padding: 6px 12px; }

QLabel[role="section"] { color: {secondary}; font-size: 10px; font-weight: 600; letter-spacing: 1px; }
QLabel[role="secondary"] { color: {secondary}; }
QLabel[role="caption"] { color: {secondary}; font-size: 10px; }
QLabel[role="value"] { color: {text}; font-weight: 600; }
QLabel[role="error"] { color: {failed}; font-size: 11px; }
QLabel[role="title"] { font-size: 22px; font-weight: 600; }
QLabel[role="subtitle"] { color: {secondary}; font-size: 13px; }
QLabel[role="card"] { background: {raised}; border: 1px solid {line}; border-radius: 6px; padding: 6px 8px; }
QFrame[role="palette"] { background: {panel}; border: 1px solid {line}; border-radius: 8px; }
QFrame[role="palette"] QListView { background: {panel}; border: none; }
QWidget[role="separator"] { background: {line}; }
QLabel[role="badge"] { color: {failed}; border: 1px solid {failed}; border-radius: 7px; padding: 0px 5px; font-size: 10px; }

#transportBar { background: {raised}; border-bottom: 1px solid {line}; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px 8px; color: {text}; }
QToolButton:hover { background: {raised}; border-color: {line}; }
QToolButton:checked { background: {raised}; border-color: {selection}; }
QToolButton:disabled { color: {faded}; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="icon"] { padding: 0px; }
QToolButton[role="icon"]:checked { background: transparent; border-color: transparent; }
QToolButton[role="icon"]:hover { background: {raised}; border-color: {line}; }
QToolButton[role="link"] { color: {selection}; padding: 2px 6px; }
QToolButton[role="link"]:disabled { color: {faded}; }
QToolButton[role="caption"] { color: {secondary}; font-size: 10px; padding: 0px 5px; border-color: {line}; }
QToolButton[role="caption"]:checked { color: {selection}; border-color: {selection}; }
QToolButton[role="caption"]:focus, QToolButton[role="caption"]:checked:focus { border-color: {text}; }
QToolButton:focus, QToolButton[role="icon"]:focus, QToolButton[role="transport"]:focus, #runButton:focus { border-color: {selection}; }
QToolButton[role="transport"] { background: {panel}; border: 1px solid {line}; padding: 6px 8px; font-weight: 600; }
QToolButton[role="transport"]:hover { border-color: {secondary}; }
QToolButton[role="transport"]:pressed { background: {raised}; }
#runButton { background: {run}; color: {onRun}; border-color: {run}; min-width: 64px; }
#runButton:hover { border-color: {text}; }
#runButton:disabled { background: {panel}; color: {faded}; border-color: {line}; }
#statePill { border: 1px solid {line}; border-radius: 13px; padding: 4px 12px; color: {secondary}; font-weight: 600; }
#statePill[state="running"] { color: {run}; border-color: {run}; }
#statePill[state="paused"] { color: {paused}; border-color: {paused}; }
#statePill[state="preparing"], #statePill[state="stopping"] { color: {paused}; border-color: {line}; }
#statePill[state="failed"] { color: {failed}; border-color: {failed}; }

QPushButton { outline: none; background: {raised}; border: 1px solid {line}; border-radius: 5px; padding: 6px 14px; }
QPushButton:hover { border-color: {secondary}; }
QPushButton:pressed { background: {panel}; }
QPushButton:disabled { color: {faded}; }
QPushButton:default, QPushButton[role="primary"] { background: {selection}; border-color: {selection}; color: white; font-weight: 600; }
QPushButton:focus { border-color: {selection}; }
QPushButton[role="primary"]:hover, QPushButton[role="primary"]:focus, QPushButton:default:focus { border-color: {text}; }
QPushButton:default:disabled, QPushButton[role="primary"]:disabled { background: {raised}; border-color: {line}; color: {faded}; }
QPushButton[role="link"] { background: transparent; border: none; color: {selection}; padding: 2px 4px; text-align: left; }
QPushButton[role="link"]:hover, QPushButton[role="link"]:focus { text-decoration: underline; }
QPushButton[role="link"]:disabled { color: {faded}; }
QPushButton[role="card"] { text-align: left; padding: 14px 16px; border-radius: 8px; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {
  background: {field}; border: 1px solid {line}; border-radius: 5px; padding: 4px 6px; selection-background-color: {selection}; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border-color: {selection}; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border-color: {failed}; }
QCheckBox[invalid="true"]::indicator, QCheckBox[invalid="true"]::indicator:checked { border-color: {failed}; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(:/controls/arrow.svg); width: 12px; height: 12px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: 16px; }
QAbstractSpinBox::up-arrow { image: url(:/controls/arrow-up.svg); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url(:/controls/arrow.svg); width: 9px; height: 9px; }
QCheckBox::indicator, QListView::indicator, QTreeView::indicator, QMenu::indicator { width: 13px; height: 13px; border: 1px solid {secondary}; border-radius: 3px; background: {field}; }
QCheckBox::indicator:checked, QListView::indicator:checked, QTreeView::indicator:checked, QMenu::indicator:checked { background: {selection}; border-color: {selection}; image: url(:/controls/tick.svg); }
QCheckBox::indicator:disabled { border-color: {line}; }
QRadioButton::indicator { width: 13px; height: 13px; border: 1px solid {secondary}; border-radius: 7px; background: {field}; }
QRadioButton::indicator:checked { width: 5px; height: 5px; border: 5px solid {selection}; border-radius: 7px; background: white; }
QRadioButton::indicator:disabled { border-color: {line}; }
QCheckBox:focus, QRadioButton:focus { color: {selection}; }
QCheckBox::indicator:focus, QRadioButton::indicator:unchecked:focus { border-color: {selection}; }
QCheckBox::indicator:checked:focus { border-color: {text}; }
QMenu::indicator { margin-left: 4px; }
QComboBox QAbstractItemView { background: {raised}; border: 1px solid {line}; selection-background-color: {selection}; }
QCheckBox, QRadioButton { spacing: 6px; }

QTableView, QListView, QTreeView { background: {panel}; border: 1px solid transparent; outline: none; gridline-color: {line};
  selection-background-color: {selectedRow}; selection-color: {text}; alternate-background-color: {panel}; }
QTableView:focus, QListView:focus, QTreeView:focus { border-color: {selection}; }
QTableView::item, QListView::item { padding: 2px 6px; }
QTreeView::item, QListView#probeChoices::item { padding: 2px 0; }
QHeaderView { background: {panel}; }
QHeaderView::section { background: {panel}; color: {secondary}; border: none; border-bottom: 1px solid {line}; padding: 3px 6px; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: {line}; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }
QScrollBar::handle:hover { background: {secondary}; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTabWidget::pane { border: none; }
QTabBar::tab { background: transparent; color: {secondary}; padding: 6px 12px; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: {text}; border-bottom-color: {selection}; }
QSlider::groove:horizontal { height: 4px; background: {line}; border-radius: 2px; }
QSlider::sub-page:horizontal { background: {selection}; border-radius: 2px; }
QSlider::handle:horizontal { width: 10px; height: 10px; margin: -3px 0; border-radius: 5px; background: {text}; }
QSlider::handle:horizontal:focus { background: {selection}; border: 1px solid {text}; }
QSlider::sub-page:horizontal:disabled { background: {line}; }
QProgressBar { background: {line}; border: none; border-radius: 3px; height: 6px; text-align: center; color: transparent; }
QProgressBar::chunk { background: {selection}; border-radius: 3px; }
QSplitter::handle { background: {line}; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
#startPage { background: {surround}; }
#startCard { background: {panel}; border: 1px solid {line}; border-radius: 10px; }
#scalarPicker { background: {raised}; border: 1px solid {line}; }
#messageBar { background: {raised}; border-bottom: 1px solid {line}; }
#messageBar[kind="error"] { border-left: 4px solid {failed}; }
#messageBar[kind="warning"] { border-left: 4px solid {paused}; }
#messageBar[kind="note"] { border-left: 4px solid {selection}; }
#canvasHeader { background: {panel}; border-bottom: 1px solid {line}; }
)";

QString styleSheetOf(const Theme& theme) {
  QColor faded = theme.secondaryText;
  faded.setAlpha(120);
  QColor selectedRow = theme.selection;
  selectedRow.setAlpha(theme.dark ? 70 : 50);
  const auto rgba = [](const QColor& color) {
    return QStringLiteral("rgba(%1,%2,%3,%4)")
        .arg(color.red())
        .arg(color.green())
        .arg(color.blue())
        .arg(color.alpha());
  };
  QString sheet = QString::fromUtf8(kStyleSheet);
  const auto fill = [&](const char* name, const QString& value) {
    sheet.replace(QLatin1Char('{') + QString::fromLatin1(name) + QLatin1Char('}'), value);
  };
  fill("surround", theme.surround.name());
  fill("panel", theme.panel.name());
  fill("raised", theme.raised.name());
  fill("field", (theme.dark ? theme.surround : theme.raised).name());
  fill("line", theme.line.name());
  fill("text", theme.text.name());
  fill("secondary", theme.secondaryText.name());
  fill("faded", rgba(faded));
  fill("selection", theme.selection.name());
  fill("selectedRow", rgba(selectedRow));
  fill("run", theme.run.name());
  fill("onRun", theme.onRun.name());
  fill("paused", theme.paused.name());
  fill("failed", theme.failed.name());
  return sheet;
}

/// Qt 6.4 has no colour scheme query: the platform's own palette tells.
bool systemIsDark(const QPalette& systemPalette) {
  return systemPalette.color(QPalette::Window).lightness() <
         systemPalette.color(QPalette::WindowText).lightness();
}

/// The sizes of a window's docks. Styles differ in what separates docks, so a window without its style sheet
/// for a moment shares its room out anew.
class DockSizes {
 public:
  explicit DockSizes(QMainWindow* window) : window_(window) {
    for (QDockWidget* dock : window->findChildren<QDockWidget*>(QString(), Qt::FindDirectChildrenOnly))
      if (dock->isVisible() && !dock->isFloating()) docks_.append(dock);
    for (const QDockWidget* dock : docks_) {
      widths_.append(dock->width());
      heights_.append(dock->height());
    }
  }
  void restore() const {
    window_->resizeDocks(docks_, widths_, Qt::Horizontal);
    window_->resizeDocks(docks_, heights_, Qt::Vertical);
  }

 private:
  QMainWindow* window_;
  QList<QDockWidget*> docks_;
  QList<int> widths_, heights_;
};

}  // namespace

QString toString(ThemeChoice choice) {
  switch (choice) {
    case ThemeChoice::kSystem:
      return QStringLiteral("system");
    case ThemeChoice::kDark:
      return QStringLiteral("dark");
    case ThemeChoice::kLight:
      return QStringLiteral("light");
  }
  return QStringLiteral("system");
}

ThemeChoice themeChoiceFromString(const QString& text) {
  if (text == QLatin1String("dark")) return ThemeChoice::kDark;
  if (text == QLatin1String("light")) return ThemeChoice::kLight;
  return ThemeChoice::kSystem;
}

void applyTheme(QApplication& application, ThemeChoice choice) {
  static const QPalette systemPalette = application.palette();
  const bool dark =
      choice == ThemeChoice::kDark || (choice == ThemeChoice::kSystem && systemIsDark(systemPalette));
  const Theme& theme = dark ? darkTheme() : lightTheme();
  // Style, font, palette and style sheet each have every widget polished anew: a switch sets what differs.
  // And a sheet that takes another's place polishes a widget once for each of its ancestors (Qt 6.4), one
  // that is set where there was none once.
  std::vector<DockSizes> docks;
  for (QWidget* window : QApplication::topLevelWidgets())
    if (auto* main = qobject_cast<QMainWindow*>(window)) docks.emplace_back(main);
  application.setStyleSheet({});
  static bool styled = false;
  if (!std::exchange(styled, true)) QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QFont font = application.font();
  const QStringList families = QFontDatabase::families();
  for (const char* family : {"Inter", "Noto Sans", "DejaVu Sans"})
    if (families.contains(QLatin1String(family))) {
      font.setFamily(QLatin1String(family));
      break;
    }
  font.setPixelSize(12);
  if (font != application.font()) application.setFont(font);
  application.setPalette(paletteOf(theme));
  loadIcons();
  application.setStyleSheet(styleSheetOf(theme));
  for (const DockSizes& sizes : docks)
    sizes.restore();
}

}  // namespace anchorscope
