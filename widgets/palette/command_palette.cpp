#include "widgets/palette/command_palette.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "widgets/state/theme.h"

namespace anchorscope {

namespace {

constexpr int kWidth = 640, kRowHeight = 30, kRowsInSight = 12, kFromTop = 64;

class PaletteDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {100, kRowHeight}; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& theme = themeOf(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF row = QRectF(option.rect).adjusted(4, 1, -4, -1);
    if (option.state & QStyle::State_Selected) {
      QColor ground = theme.selection;
      ground.setAlpha(50);
      painter->setPen(Qt::NoPen);
      painter->setBrush(ground);
      painter->drawRoundedRect(row, 4, 4);
    }
    const bool can = index.data(PaletteModel::kWhyNotRole).toString().isEmpty();
    QRectF place = row.adjusted(10, 0, -10, 0);
    const auto atRight = [&](const QString& text, const QColor& color) {
      if (text.isEmpty()) return;
      painter->setFont(option.font);
      painter->setPen(color);
      painter->drawText(place, Qt::AlignRight | Qt::AlignVCenter, text);
      place.setRight(place.right() - QFontMetricsF(option.font).horizontalAdvance(text) - 14);
    };
    atRight(index.data(PaletteModel::kKindRole).toString(), theme.secondaryText);
    atRight(index.data(PaletteModel::kKeysRole).toString(), can ? theme.text : theme.secondaryText);
    const double end = paintText(*painter, place, index, option.font, theme, can);
    const QString detail = index.data(PaletteModel::kDetailRole).toString();
    place.setLeft(end + 12);
    if (!detail.isEmpty() && place.width() > 40) {
      painter->setFont(option.font);
      painter->setPen(theme.secondaryText);
      painter->drawText(place, Qt::AlignLeft | Qt::AlignVCenter,
                        QFontMetricsF(option.font).elidedText(detail, Qt::ElideRight, place.width()));
    }
    painter->restore();
  }

 private:
  /// What answers what was typed stands out. Where the text ends.
  static double paintText(QPainter& painter, const QRectF& place, const QModelIndex& index, const QFont& font,
                          const Theme& theme, bool can) {
    QFont bold = font;
    bold.setWeight(QFont::Bold);
    const QString whole = index.data(Qt::DisplayRole).toString();
    const QString text = QFontMetricsF(bold).elidedText(whole, Qt::ElideMiddle, place.width());
    const auto positions = text == whole ? index.data(PaletteModel::kPositionsRole).value<std::vector<int>>()
                                         : std::vector<int>();
    double x = place.left();
    std::size_t next = 0;
    for (int from = 0; from < text.size();) {
      const bool found = next < positions.size() && positions[next] == from;
      int to = from;
      while (to < text.size() && (next < positions.size() && positions[next] == to) == found) {
        if (found) ++next;
        ++to;
      }
      const QString part = text.mid(from, to - from);
      painter.setFont(found ? bold : font);
      painter.setPen(!can ? theme.secondaryText : found ? theme.selection : theme.text);
      painter.drawText(QRectF(x, place.top(), place.right() - x + 4, place.height()),
                       Qt::AlignLeft | Qt::AlignVCenter, part);
      x += QFontMetricsF(painter.font()).horizontalAdvance(part);
      from = to;
    }
    return x;
  }
};

}  // namespace

CommandPalette::CommandPalette(std::vector<std::unique_ptr<PaletteSource>> sources, QWidget* parent)
    : QFrame(parent),
      model_(new PaletteModel(std::move(sources), this)),
      line_(new QLineEdit),
      list_(new QListView),
      foot_(new QLabel) {
  setObjectName(QStringLiteral("commandPalette"));
  setProperty("role", "palette");
  setAutoFillBackground(true);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 8, 8, 6);
  column->setSpacing(6);
  line_->setObjectName(QStringLiteral("paletteLine"));
  line_->setPlaceholderText(tr("Commands, options, images, layers, panels …"));
  line_->setAccessibleName(tr("Search everything that can be done or gone to"));
  column->addWidget(line_);
  list_->setObjectName(QStringLiteral("paletteList"));
  list_->setAccessibleName(tr("What can be done or gone to"));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setUniformItemSizes(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setModel(model_);
  list_->setItemDelegate(new PaletteDelegate(list_));
  column->addWidget(list_, 1);
  foot_->setObjectName(QStringLiteral("paletteFoot"));
  foot_->setProperty("role", "secondary");
  foot_->setContentsMargins(6, 0, 6, 0);
  column->addWidget(foot_);
  hide();
  line_->installEventFilter(this);
  parent->installEventFilter(this);
  connect(line_, &QLineEdit::textChanged, this, [this](const QString& typed) {
    model_->setPattern(typed);
    choose(0);
    place();
  });
  connect(list_, &QListView::clicked, this, [this](const QModelIndex& index) {
    choose(index.row());
    accept();
  });
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, &CommandPalette::refreshFoot);
}

void CommandPalette::open() {
  if (isVisible()) return line_->selectAll();
  before_ = QApplication::focusWidget();
  model_->refresh();
  {
    const QSignalBlocker quiet(line_);
    line_->clear();
  }
  choose(0);
  place();
  show();
  raise();
  line_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::place() {
  const QSize whole = parentWidget()->size();
  const int width = std::min(kWidth, whole.width() - 32);
  const int chrome = line_->sizeHint().height() + foot_->sizeHint().height() + 26;
  const int rows = std::clamp(model_->rowCount(), 1, kRowsInSight);
  const int height = std::min(chrome + kRowHeight * rows, whole.height() - kFromTop - 16);
  setGeometry((whole.width() - width) / 2, kFromTop, width, height);
}

void CommandPalette::choose(int row) {
  const int last = model_->rowCount() - 1;
  list_->setCurrentIndex(model_->index(std::clamp(row, 0, std::max(0, last))));
  refreshFoot();
}

void CommandPalette::refreshFoot() {
  const QModelIndex current = list_->currentIndex();
  const QString why = current.data(PaletteModel::kWhyNotRole).toString();
  const auto count = [](int number) { return QLocale(QLocale::English).toString(number); };
  if (model_->matches() == 0)
    foot_->setText(tr("Nothing answers “%1”").arg(line_->text()));
  else if (!why.isEmpty())
    foot_->setText(tr("Cannot be done now: %1").arg(why));
  else if (model_->matches() > model_->rowCount())
    foot_->setText(tr("The best %1 of %2 · type on to narrow them")
                       .arg(count(model_->rowCount()), count(model_->matches())));
  else
    foot_->setText(tr("Enter does it · Esc closes"));
}

void CommandPalette::accept() {
  const int row = list_->currentIndex().row();
  if (!list_->currentIndex().data(PaletteModel::kWhyNotRole).toString().isEmpty()) return;
  if (row < 0) return;
  close();  // first: what is done may open something itself, or need the focus where it was
  if (model_->run(row)) emit used();
}

void CommandPalette::close() {
  if (!isVisible()) return;
  hide();
  if (before_) before_->setFocus(Qt::OtherFocusReason);
  before_ = nullptr;
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget()) {
    if (event->type() == QEvent::Resize && isVisible()) place();
    return false;
  }
  if (event->type() == QEvent::FocusOut &&
      static_cast<QFocusEvent*>(event)->reason() != Qt::PopupFocusReason) {
    before_ = nullptr;  // the focus is where it was wanted
    hide();
    return false;
  }
  if (event->type() != QEvent::KeyPress) return false;
  const int row = list_->currentIndex().row();
  switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Down:
      choose(row + 1);
      return true;
    case Qt::Key_Up:
      choose(row - 1);
      return true;
    case Qt::Key_PageDown:
      choose(row + kRowsInSight - 1);
      return true;
    case Qt::Key_PageUp:
      choose(row - kRowsInSight + 1);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      accept();
      return true;
    case Qt::Key_Escape:
      close();
      return true;
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
      return true;  // the list follows the line
    default:
      return false;
  }
}

}  // namespace anchorscope
