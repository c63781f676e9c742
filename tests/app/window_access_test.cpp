// Who cannot see the window or has no mouse: every control has a name, and shows that it has the focus.

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>

#include "tests/app/window_fixture.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/docks/dock_manager.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/theme/app_theme.h"

namespace anchorscope {
namespace {

/// Qt's own parts of its controls: the field of a spin box, the buttons of a tab bar.
bool isPartOfAnother(const QWidget& widget) {
  const QWidget* parent = widget.parentWidget();
  return widget.objectName().startsWith("qt_") || qobject_cast<const QAbstractSpinBox*>(parent) ||
         qobject_cast<const QComboBox*>(parent) || parent->inherits("QTabBar") ||
         parent->inherits("QComboBoxPrivateContainer") || parent->inherits("QMenuBar") ||
         widget.inherits("QTableCornerButton") || qobject_cast<const QHeaderView*>(&widget) ||
         qobject_cast<const QScrollBar*>(&widget) || (qobject_cast<const QLineEdit*>(parent) != nullptr);
}

QList<QWidget*> controlsOf(QWidget& window) {
  QList<QWidget*> controls;
  for (QWidget* widget : window.findChildren<QWidget*>())
    if (!isPartOfAnother(*widget) && !widget->isHidden() && !widget->parentWidget()->isHidden() &&
        (qobject_cast<QAbstractButton*>(widget) || qobject_cast<QLineEdit*>(widget) ||
         qobject_cast<QComboBox*>(widget) || qobject_cast<QAbstractItemView*>(widget) ||
         qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QAbstractSlider*>(widget) ||
         qobject_cast<CanvasView*>(widget) || qobject_cast<HistoryScrubber*>(widget)))
      controls << widget;
  return controls;
}

std::string describe(const QWidget* widget) {
  QStringList path;
  for (; widget && !widget->isWindow(); widget = widget->parentWidget())
    path.push_front(QString("%1 '%2'").arg(widget->metaObject()->className(), widget->objectName()));
  return path.join(" > ").toStdString();
}

using WindowAccessTest = testing::WindowFixture;

TEST_F(WindowAccessTest, EveryControlHasAName) {
  run();
  for (QDockWidget* dock : window.page().docks().all())
    dock->show();
  const QList<QWidget*> controls = controlsOf(window);
  ASSERT_GT(controls.size(), 60);
  for (QWidget* control : controls) {
    QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(control);
    ASSERT_NE(spoken, nullptr) << describe(control);
    EXPECT_FALSE(spoken->text(QAccessible::Name).isEmpty()) << describe(control);
  }
}

TEST_F(WindowAccessTest, EveryControlShowsThatItHasTheFocus) {
  applyTheme(*qApp, ThemeChoice::kDark);
  run();
  for (const char* id : {"inspector", "parameters", "evaluation", "problems"}) {
    window.page().docks().show(id);
    QCoreApplication::processEvents();
    for (QWidget* control : controlsOf(window)) {
      if (!control->isVisible() || !control->isEnabled() || !(control->focusPolicy() & Qt::TabFocus) ||
          control->visibleRegion().isEmpty() || qobject_cast<CanvasView*>(control))
        continue;
      const auto picture = [&] {
        return window.grab(QRect(control->mapTo(&window, QPoint()), control->size())).toImage();
      };
      window.setFocus();
      QCoreApplication::processEvents();
      const QImage without = picture();
      control->setFocus(Qt::TabFocusReason);
      if (QApplication::focusWidget() != control) continue;
      QCoreApplication::processEvents();
      EXPECT_NE(picture(), without) << describe(control);
    }
  }
}

}  // namespace
}  // namespace anchorscope
