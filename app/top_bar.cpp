#include "app/top_bar.h"

#include <QLabel>
#include <QMenuBar>
#include <QVBoxLayout>

namespace anchorscope {

TopBar::TopBar(QWidget& transport, QWidget* parent)
    : QWidget(parent), menus_(new QMenuBar), title_(new QLabel) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  title_->setProperty("role", "secondary");
  title_->setContentsMargins(0, 5, 12, 0);
  menus_->setCornerWidget(title_, Qt::TopRightCorner);
  column->addWidget(menus_);
  column->addWidget(&transport);
}

void TopBar::setTitle(const QString& what) {
  if (title_->text() == what) return;
  title_->setText(what);
  menus_->setCornerWidget(title_, Qt::TopRightCorner);  // lays the menu bar out anew
  title_->show();
}

}  // namespace anchorscope
