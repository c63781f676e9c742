#include "widgets/panels/probes_panel.h"

#include <QAbstractListModel>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "widgets/models/image_choice_model.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/batch_list.h"
#include "widgets/panels/probe_delegate.h"
#include "widgets/state/theme.h"

namespace anchorscope {
namespace {

/// Objects that are starved in any stage.
int starvedCount(const ProbeFrame& frame) {
  std::set<std::size_t> starved;
  for (const auto& stage : frame.stages)
    if (const ObjectColumn* column = stage->objectColumn(kStarvedColumn))
      for (std::size_t object = 0; object < column->values.size(); ++object)
        if (column->values[object] > 0) starved.insert(object);
  return static_cast<int>(starved.size());
}

QString searchHelp() {
  QString html = QObject::tr("All that is written has to hold:") + QStringLiteral("<table cellspacing='4'>");
  for (const auto& [form, help] : ImageQuery::syntax())
    html += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                .arg(QString::fromStdString(form).toHtmlEscaped(), declaredText(help).toHtmlEscaped());
  return html + QStringLiteral("</table>");
}

}  // namespace

/// Names of which there may be a hundred thousand.
class ImageNamesModel : public QAbstractListModel {
 public:
  using QAbstractListModel::QAbstractListModel;
  void show(std::vector<QString> names) {
    if (names == names_) return;
    beginResetModel();
    names_ = std::move(names);
    endResetModel();
  }
  int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(names_.size());
  }
  QVariant data(const QModelIndex& index, int role) const override {
    if (role != Qt::DisplayRole || !index.isValid()) return {};
    return names_[static_cast<std::size_t>(index.row())];
  }

 private:
  std::vector<QString> names_;
};

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
  search_ = new QLineEdit;
  search_->setObjectName(QStringLiteral("probeSearch"));
  search_->setPlaceholderText(tr("Search: name, class:…, starved, loss>1"));
  search_->setAccessibleName(tr("Search probes and images"));
  search_->setClearButtonEnabled(true);
  search_->setToolTip(searchHelp());
  outer->insertWidget(1, search_);
  found_ = new QLabel;
  found_->setObjectName(QStringLiteral("probesFound"));
  found_->setWordWrap(true);
  found_->setTextFormat(Qt::PlainText);
  found_->setContentsMargins(6, 0, 6, 0);
  found_->hide();
  outer->insertWidget(2, found_);
  others_ = new QLabel;
  others_->setObjectName(QStringLiteral("imagesFound"));
  others_->setProperty("role", "section");
  others_->setContentsMargins(6, 2, 6, 0);
  others_->hide();
  outer->addWidget(others_);
  imageNames_ = new ImageNamesModel(this);
  images_ = new QListView;
  images_->setObjectName(QStringLiteral("imageList"));
  images_->setAccessibleName(tr("Images of the data set"));
  images_->setFrameShape(QFrame::NoFrame);
  images_->setUniformItemSizes(true);
  images_->setModel(imageNames_);
  images_->hide();
  outer->addWidget(images_, 1);
  empty_ = new QLabel(tr("Probes appear here once a run has started."));
  empty_->setProperty("role", "secondary");
  empty_->setWordWrap(true);
  empty_->setContentsMargins(6, 0, 6, 6);
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  outer->addWidget(empty_, 1);
  batch_ = new BatchList;
  outer->addWidget(batch_);
  connect(batch_, &BatchList::imageChosen, this,
          [this](const QString& name) { canvas_->setProbeName(name); });

  connect(list_, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* item) {
    if (item && !refreshing_) canvas_->setProbeName(item->data(ProbeDelegate::kNameRole).toString());
  });
  connect(list_, &QListWidget::customContextMenuRequested, this, [this](const QPoint& at) {
    const QListWidgetItem* item = list_->itemAt(at);
    if (!item || available_.empty()) return;
    const QString name = item->data(ProbeDelegate::kNameRole).toString();
    QMenu menu(this);
    QAction* remove = menu.addAction(tr("Unpin %1").arg(name));
    remove->setEnabled(pinned_.size() > 1 && std::ranges::count(pinned_, name.toStdString()) > 0);
    if (menu.exec(list_->mapToGlobal(at)) == remove) unpin(name);
  });
  connect(pin_, &QToolButton::clicked, this, &ProbesPanel::pin);
  connect(search_, &QLineEdit::textChanged, this, &ProbesPanel::search);
  const auto choose = [this](const QModelIndex& index) { emit imageWanted(index.data().toString()); };
  connect(images_, &QListView::clicked, this, choose);
  connect(images_, &QListView::activated, this, choose);
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
  search();
}

void ProbesPanel::focusSearch() {
  search_->setFocus(Qt::ShortcutFocusReason);
  search_->selectAll();
}

/// Probes by what is known of them, the other images of the data set by name.
void ProbesPanel::search() {
  const auto query = ImageQuery::parse(search_->text().toStdString());
  found_->setProperty("role", query ? "secondary" : "error");
  found_->style()->polish(found_);
  found_->setVisible(!query || !search_->text().trimmed().isEmpty());
  if (!query) {
    // What was found before stays while the word is being typed.
    found_->setText(QString::fromStdString(query.error().text()));
    return;
  }
  query_ = *query;
  const bool names = query_.asksNamesAlone();
  const auto factsOf = [names](const ProbeFrame& frame) {
    if (!names) return imageFacts(frame);
    SearchedImage facts;
    facts.name = frame.image->name;
    return facts;
  };
  std::unordered_set<std::string> probes;
  int shown = 0, unknown = 0;
  refreshing_ = true;
  for (int row = 0; row < list_->count(); ++row) {
    const ProbeFrame& frame = *canvas_->probes()[static_cast<std::size_t>(row)];
    probes.insert(frame.image->name);
    const std::optional<bool> answer = query_.answer(factsOf(frame));
    list_->item(row)->setHidden(!answer.value_or(false));
    shown += answer.value_or(false) ? 1 : 0;
    unknown += answer ? 0 : 1;
  }
  refreshing_ = false;
  QString text = tr("%1 of %2 probes").arg(shown).arg(list_->count());
  if (unknown > 0) text += tr(" · of %1 it is not known here").arg(countText(unknown));
  std::vector<QString> others;
  if (!query_.isEmpty() && names)
    for (const std::string& name : available_) {
      SearchedImage facts;
      facts.name = name;
      if (!probes.contains(name) && query_.matches(facts)) others.push_back(QString::fromStdString(name));
    }
  else if (!query_.isEmpty() && !available_.empty())
    text += tr(" · other images are found by name alone");
  found_->setText(text);
  others_->setText(tr("OTHER IMAGES · %1").arg(countText(static_cast<qint64>(others.size()))));
  others_->setVisible(!others.empty());
  images_->setVisible(!others.empty());
  imageNames_->show(std::move(others));
}

void ProbesPanel::setPinned(std::vector<std::string> names) {
  pinned_ = std::move(names);
}

void ProbesPanel::refresh() {
  refreshing_ = true;
  batch_->setCurrent(canvas_->probeName());
  bool chosen = false;
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
    if (item->data(ProbeDelegate::kNameRole).toString() != name || shown_[i] != probes[i]->image->pixels) {
      shown_[i] = probes[i]->image->pixels;
      item->setData(ProbeDelegate::kNameRole, name);
      item->setData(ProbeDelegate::kImageRole, thumbnailOf(shown_[i].get(), devicePixelRatioF()));
      item->setToolTip(tr("%1, %2 × %3 px. Right-click to unpin.")
                           .arg(name)
                           .arg(probes[i]->image->pixels ? probes[i]->image->pixels->size.width : 0)
                           .arg(probes[i]->image->pixels ? probes[i]->image->pixels->size.height : 0));
    }
    item->setData(ProbeDelegate::kObjectsRole, static_cast<int>(probes[i]->image->objects.size()));
    item->setData(ProbeDelegate::kStarvedRole, starvedCount(*probes[i]));
    if (name != canvas_->probeName()) continue;
    list_->setCurrentItem(item);
    chosen = true;
  }
  if (!chosen) list_->setCurrentItem(nullptr);
  refreshing_ = false;
  if (!query_.isEmpty()) search();
}

void ProbesPanel::unpin(const QString& name) {
  std::vector<std::string> names = pinned_;
  std::erase(names, name.toStdString());
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
  auto* model = new ImageChoiceModel(available_, pinned_, &dialog);
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
