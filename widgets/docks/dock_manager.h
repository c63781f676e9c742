#pragma once
// The docks of a window: their grips, their layout as it was left and as it is at first, and the window's
// place on the screen.

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QString>

class QDockWidget;
class QMainWindow;
class QSettings;
class QWidget;

namespace anchorscope {

/// A layout is kept with the number of the arrangement it belongs to: one of another number is not restored,
/// since the docks stand elsewhere now. GUI thread only.
class DockManager : public QObject {
  Q_OBJECT

 public:
  /// The share of the window that a dock takes at first, within bounds in pixels.
  struct Share {
    double part = 0.25;
    int least = 150, most = 300;
  };

  /// `window` gets the docks and must outlive them. `version`: of the arrangement.
  DockManager(QMainWindow& window, int version);
  /// Destroys the docks and what is in them.
  ~DockManager() override;

  /// `id` names the dock in layouts and settings; `content` is the dock's from now on.
  QDockWidget* add(const QString& id, const QString& title, QWidget* content, Qt::DockWidgetArea area);
  const QList<QDockWidget*>& all() const { return docks_; }
  /// Null: there is none of this id.
  QDockWidget* find(const QString& id) const;
  /// Shows it in front of those it is tabbed with.
  void show(const QString& id);
  /// From now on the first layout gives this dock so much of the window's width or height.
  void setShare(const QString& id, Qt::Orientation along, const Share& share);

  /// As they stand is how they stand at first: call once, after all are added. They are left, then.
  void fixDefault();
  /// All hidden, with their actions, as nothing is there to be looked at.
  void leave();
  /// As they were left, or at first.
  void enter();
  /// As at first, now or when they are entered.
  void reset();

  void save(QSettings& settings);
  /// The window's place, brought onto the screen, and the layout.
  void restore(const QSettings& settings);

 private:
  void restoreLayout();
  void applyShares();
  void fitOnScreen();

  QMainWindow& window_;
  int version_;
  bool entered_ = true;
  QList<QDockWidget*> docks_;
  struct Shared {
    QString id;
    Qt::Orientation along;
    Share share;
  };
  QList<Shared> shares_;
  QByteArray default_, layout_;
};

}  // namespace anchorscope
