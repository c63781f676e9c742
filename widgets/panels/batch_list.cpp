#include "widgets/panels/batch_list.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QScopedValueRollback>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "core/evidence/batch_name.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/probe_delegate.h"

namespace anchorscope {
namespace {

/// The batchName(), beside the delegate's roles.
constexpr int kFullNameRole = Qt::UserRole + 100;

QString textOf(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString lossHelp(const BatchImage& image) {
  QStringList lines{textOf(imageOf(image.frame->image->name))};
  for (const ScalarValue& loss : image.losses)
    lines << QStringLiteral("%1 %2").arg(QString::fromStdString(loss.name), numberText(loss.value));
  if (image.losses.empty()) lines << BatchList::tr("Its loss is not computed yet");
  return lines.join(QLatin1Char('\n'));
}

}  // namespace

BatchList::BatchList(QWidget* parent) : QWidget(parent), list_(new QListWidget), toggle_(new QToolButton) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 4);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(6, 0, 6, 0);
  auto* title = new QLabel(tr("TRAINING BATCH"));
  title->setProperty("role", "section");
  title->setToolTip(
      tr("The images of the batch that is trained on, as the step saw them: cut, mirrored and "
         "coloured, with the batch's own statistics in the norms"));
  head->addWidget(title);
  head->addStretch(1);
  toggle_->setObjectName(QStringLiteral("showBatch"));
  toggle_->setProperty("role", "link");
  toggle_->setCheckable(true);
  toggle_->setText(tr("show"));
  toggle_->setToolTip(tr("Measure the evidence of the training batch at every capture"));
  head->addWidget(toggle_);
  column->addLayout(head);
  list_->setObjectName(QStringLiteral("batchList"));
  list_->setAccessibleName(tr("Images of the training batch"));
  list_->setItemDelegate(new ProbeDelegate(list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setMinimumHeight(80);
  list_->setMaximumHeight(156);  // two images; the layers below need their room
  column->addWidget(list_);
  list_->hide();
  connect(toggle_, &QToolButton::clicked, this, &BatchList::showWanted);
  connect(list_, &QListWidget::currentItemChanged, this, [this](const QListWidgetItem* item) {
    if (item && !refreshing_) emit imageChosen(item->data(kFullNameRole).toString());
  });
  setLive(false);
}

void BatchList::setLive(bool live) {
  setVisible(live);
  if (!live) show({}, false);
}

void BatchList::show(const std::vector<BatchImage>& batch, bool shown) {
  const QScopedValueRollback refreshing(refreshing_, true);
  toggle_->setChecked(shown);
  toggle_->setText(shown ? tr("hide") : tr("show"));
  list_->setVisible(!batch.empty());
  while (list_->count() > static_cast<int>(batch.size()))
    delete list_->takeItem(list_->count() - 1);
  while (list_->count() < static_cast<int>(batch.size()))
    list_->addItem(new QListWidgetItem);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    QListWidgetItem* item = list_->item(static_cast<int>(i));
    const ProbeImage& image = *batch[i].frame->image;
    item->setData(ProbeDelegate::kNameRole, textOf(imageOf(image.name)));
    item->setData(kFullNameRole, QString::fromStdString(image.name));
    item->setData(ProbeDelegate::kImageRole, thumbnailOf(image.pixels.get(), devicePixelRatioF()));
    item->setData(ProbeDelegate::kObjectsRole, static_cast<int>(image.objects.size()));
    item->setData(ProbeDelegate::kNoteRole,
                  std::isnan(batch[i].loss) ? QString() : tr("loss %1").arg(numberText(batch[i].loss)));
    item->setToolTip(lossHelp(batch[i]));
  }
  setCurrent(current_);
}

void BatchList::setCurrent(const QString& name) {
  const QScopedValueRollback refreshing(refreshing_, true);
  current_ = name;
  // The place in the batch is followed from step to step.
  const std::string full = name.toStdString();
  const QString place = textOf(batchPlace(full));
  QListWidgetItem* chosen = nullptr;
  for (int row = 0; row < list_->count() && !chosen && !place.isEmpty(); ++row)
    if (list_->item(row)->data(kFullNameRole).toString().startsWith(place)) chosen = list_->item(row);
  list_->setCurrentItem(chosen);
}

}  // namespace anchorscope
