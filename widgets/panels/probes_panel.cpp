#include "widgets/panels/probes_panel.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

#include "widgets/models/image_choice_model.h"
#include "widgets/models/number_text.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

constexpr int kThumbnailWidth = 72, kThumbnailHeight = 54;
enum Role { kImageRole = Qt::UserRole, kObjectsRole, kStarvedRole, kNameRole };

class ProbeDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
    return {160, kThumbnailHeight + 16};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& theme = themeOf(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    const QRectF card = QRectF(option.rect).adjusted(3.5, 2.5, -3.5, -2.5);
    const bool selected = option.state & QStyle::State_Selected;
    if (selected || (option.state & QStyle::State_MouseOver)) {
      painter->setPen(selected ? QPen(theme.selection, 1) : Qt::NoPen);
      painter->setBrush(theme.raised);
      painter->drawRoundedRect(card, 6, 6);
    }
    const auto image = index.data(kImageRole).value<QImage>();
    const QRectF slot(card.left() + 5, card.top() + 5, kThumbnailWidth, kThumbnailHeight);
    if (!image.isNull()) {
      const QSizeF fitted = QSizeF(image.size()).scaled(slot.size(), Qt::KeepAspectRatio);
      painter->drawImage(QRectF(slot.center() - QPointF(fitted.width() / 2, fitted.height() / 2), fitted),
                         image);
    }
    const QRectF text = card.adjusted(kThumbnailWidth + 14, 8, -6, -6);
    painter->setPen(theme.text);
    const QFontMetrics metrics(option.font);
    painter->drawText(text, Qt::AlignLeft | Qt::AlignTop,
                      metrics.elidedText(index.data(kNameRole).toString(), Qt::ElideMiddle,
                                         static_cast<int>(text.width())));
    painter->setPen(theme.secondaryText);
    painter->drawText(text.adjusted(0, 18, 0, 0), Qt::AlignLeft | Qt::AlignTop,
                      countText(index.data(kObjectsRole).toInt(), noun::kObjects));
    if (const int starved = index.data(kStarvedRole).toInt(); starved > 0) {
      const QString badge = QObject::tr("%1 starved").arg(starved);
      QFont small = option.font;
      small.setPixelSize(10);
      painter->setFont(small);
      const double width = QFontMetrics(small).horizontalAdvance(badge) + 12;
      const QRectF pill(text.left(), text.bottom() - 14, width, 15);
      painter->setPen(theme.failed);
      painter->setBrush(Qt::NoBrush);
      painter->drawRoundedRect(pill, 7, 7);
      painter->drawText(pill, Qt::AlignCenter, badge);
    }
    painter->restore();
  }
};

/// Objects that are starved in any stage.
int starvedCount(const ProbeFrame& frame) {
  std::set<std::size_t> starved;
  for (const auto& stage : frame.stages)
    if (const ObjectColumn* column = stage->objectColumn(kStarvedColumn))
      for (std::size_t object = 0; object < column->values.size(); ++object)
        if (column->values[object] > 0) starved.insert(object);
  return static_cast<int>(starved.size());
}

}  // namespace

ProbesPanel::ProbesPanel(CanvasModel& canvas, QWidget* parent) : QWidget(parent) {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(6, 8, 6, 0);
  outer->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(6, 0, 6, 0);
  auto* title = new QLabel(tr("PROBES"));
  title->setProperty("role", "section");
  title->setToolTip(tr("Images whose every anchor is watched while training goes on"));
  head->addWidget(title);
  head->addStretch(1);
  pin_ = new QToolButton;
  pin_->setObjectName(QStringLiteral("pinButton"));
  pin_->setText(tr("+ pin"));
  pin_->setProperty("role", "link");
  pin_->setToolTip(tr("Choose which images of the data set are watched"));
  head->addWidget(pin_);
  outer->addLayout(head);
  list_ = new QListWidget;
  list_->setObjectName(QStringLiteral("probeList"));
  list_->setAccessibleName(tr("Probe images"));
  list_->setItemDelegate(new ProbeDelegate(list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  outer->addWidget(list_, 1);
  empty_ = new QLabel(tr("Probes appear here once a run has started."));
  empty_->setProperty("role", "secondary");
  empty_->setWordWrap(true);
  empty_->setContentsMargins(6, 0, 6, 6);
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  outer->addWidget(empty_, 1);

  connect(list_, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* item) {
    if (item && !refreshing_) canvas_->setProbeName(item->data(kNameRole).toString());
  });
  connect(list_, &QListWidget::customContextMenuRequested, this, [this](const QPoint& at) {
    const QListWidgetItem* item = list_->itemAt(at);
    if (!item || available_.empty()) return;
    const QString name = item->data(kNameRole).toString();
    QMenu menu(this);
    QAction* remove = menu.addAction(tr("Unpin %1").arg(name));
    remove->setEnabled(list_->count() > 1);
    if (menu.exec(list_->mapToGlobal(at)) == remove) unpin(name);
  });
  connect(pin_, &QToolButton::clicked, this, &ProbesPanel::pin);
  setAvailableImages({});
  setCanvas(canvas);
}

void ProbesPanel::setCanvas(CanvasModel& canvas) {
  if (canvas_) canvas_->disconnect(this);
  canvas_ = &canvas;
  connect(canvas_, &CanvasModel::probesChanged, this, &ProbesPanel::refresh);
  connect(canvas_, &CanvasModel::probeNameChanged, this, &ProbesPanel::refresh);
  refresh();
}

void ProbesPanel::setAvailableImages(std::vector<std::string> names) {
  available_ = std::move(names);
  pin_->setVisible(!available_.empty());
}

std::vector<std::string> ProbesPanel::probeNames() const {
  std::vector<std::string> names;
  for (const auto& frame : canvas_->probes())
    names.push_back(frame->image->name);
  return names;
}

QImage ProbesPanel::thumbnail(const ImagePixels* pixels) const {
  if (!pixels) return {};
  const QImage whole(pixels->rgb.data(), pixels->size.width, pixels->size.height, 3 * pixels->size.width,
                     QImage::Format_RGB888);
  return whole.scaled(QSize(kThumbnailWidth, kThumbnailHeight) * devicePixelRatioF(), Qt::KeepAspectRatio,
                      Qt::SmoothTransformation);
}

void ProbesPanel::refresh() {
  refreshing_ = true;
  const auto& probes = canvas_->probes();
  empty_->setVisible(probes.empty());
  list_->setVisible(!probes.empty());
  while (list_->count() > static_cast<int>(probes.size()))
    delete list_->takeItem(list_->count() - 1);
  while (list_->count() < static_cast<int>(probes.size()))
    list_->addItem(new QListWidgetItem);
  shown_.resize(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) {
    QListWidgetItem* item = list_->item(static_cast<int>(i));
    const QString name = QString::fromStdString(probes[i]->image->name);
    if (item->data(kNameRole).toString() != name || shown_[i] != probes[i]->image->pixels) {
      shown_[i] = probes[i]->image->pixels;
      item->setData(kNameRole, name);
      item->setData(kImageRole, thumbnail(shown_[i].get()));
      item->setToolTip(tr("%1, %2 × %3 px. Right-click to unpin.")
                           .arg(name)
                           .arg(probes[i]->image->pixels ? probes[i]->image->pixels->size.width : 0)
                           .arg(probes[i]->image->pixels ? probes[i]->image->pixels->size.height : 0));
    }
    item->setData(kObjectsRole, static_cast<int>(probes[i]->image->objects.size()));
    item->setData(kStarvedRole, starvedCount(*probes[i]));
    if (name == canvas_->probeName()) list_->setCurrentItem(item);
  }
  refreshing_ = false;
}

void ProbesPanel::unpin(const QString& name) {
  std::vector<std::string> names = probeNames();
  names.erase(std::remove(names.begin(), names.end(), name.toStdString()), names.end());
  emit probesWanted(names);
}

void ProbesPanel::pin() {
  QDialog dialog(this);
  dialog.setWindowTitle(tr("Probe images"));
  dialog.resize(420, 480);
  auto* layout = new QVBoxLayout(&dialog);
  auto* search = new QLineEdit;
  search->setPlaceholderText(
      tr("Search %1").arg(countText(static_cast<qint64>(available_.size()), noun::kImages)));
  search->setAccessibleName(tr("Search images"));
  search->setClearButtonEnabled(true);
  layout->addWidget(search);
  auto* model = new ImageChoiceModel(available_, probeNames(), &dialog);
  auto* choices = new QListView;
  choices->setObjectName(QStringLiteral("probeChoices"));
  choices->setAccessibleName(tr("Images"));
  choices->setUniformItemSizes(true);
  choices->setModel(model);
  layout->addWidget(choices, 1);
  auto* hint = new QLabel(tr("Every probe costs one forward pass per capture; 4 are usual."));
  hint->setProperty("role", "secondary");
  layout->addWidget(hint);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
  layout->addWidget(buttons);
  connect(search, &QLineEdit::textChanged, model, &ImageChoiceModel::setFilter);
  connect(model, &ImageChoiceModel::dataChanged, &dialog,
          [buttons, model] { buttons->button(QDialogButtonBox::Ok)->setEnabled(model->hasChecked()); });
  connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  if (dialog.exec() == QDialog::Accepted) emit probesWanted(model->checked());
}

}  // namespace anchorscope
