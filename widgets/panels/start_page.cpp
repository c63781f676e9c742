#include "widgets/panels/start_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollArea>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/data/dataset.h"
#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/session/record_forecast.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/panels/conflict_label.h"
#include "widgets/panels/data_spec_guess.h"
#include "widgets/panels/leftover_card.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/preset_menu.h"
#include "widgets/panels/session_card.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

constexpr int kLeftWidth = 284;

QLabel* textLabel(const QString& text, const char* role) {
  auto* label = new QLabel(text);
  label->setProperty("role", role);
  label->setWordWrap(true);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);  // its lines, and no more
  policy.setHeightForWidth(true);
  label->setSizePolicy(policy);
  return label;
}

/// A wrapped label as high as its text is at its present width: a form asks for the height at the narrowest.
class FittedLabel : public QLabel {
 public:
  using QLabel::QLabel;
  bool hasHeightForWidth() const override { return false; }
  QSize sizeHint() const override { return {QLabel::sizeHint().width(), heightForWidth(width())}; }
  QSize minimumSizeHint() const override { return {0, heightForWidth(width())}; }

 protected:
  void resizeEvent(QResizeEvent* event) override {
    QLabel::resizeEvent(event);
    if (event->size().width() != event->oldSize().width()) updateGeometry();
  }
};

QScrollArea* scrolled(QWidget* content) {
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(content);
  return scroll;
}

}  // namespace

StartPage::StartPage(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("startPage"));
  setAttribute(Qt::WA_StyledBackground);
  auto* center = new QHBoxLayout(this);
  center->setContentsMargins(32, 20, 32, 20);
  center->addStretch(1);
  auto* column = new QVBoxLayout;
  column->setSpacing(6);
  column->addWidget(textLabel(tr("Anchorscope"), "title"));
  column->addWidget(textLabel(
      tr("Train a detector on your images and watch what every anchor learns, and why."), "subtitle"));
  column->addSpacing(10);
  // In a low window the cards scroll inside; what starts training is always in sight.
  leftovers_ = new LeftoverCard;
  session_ = new SessionCard;
  auto* left = new QWidget;
  auto* leftColumn = new QVBoxLayout(left);
  leftColumn->setContentsMargins(0, 0, 0, 0);
  leftColumn->setSpacing(16);
  leftColumn->addWidget(session_);
  leftColumn->addWidget(leftovers_);
  leftColumn->addWidget(makeQuickCard());
  leftColumn->addStretch(1);
  QScrollArea* leftScroll = scrolled(left);
  leftScroll->setFixedWidth(kLeftWidth);
  auto* cards = new QHBoxLayout;
  cards->setSpacing(16);
  cards->addWidget(leftScroll);
  cards->addWidget(makeDataCard(), 1);
  column->addLayout(cards, 1);
  center->addLayout(column, 100);
  center->addStretch(1);
  connect(leftovers_, &LeftoverCard::openWanted, this, &StartPage::leftoverOpened);
  connect(leftovers_, &LeftoverCard::keepWanted, this, &StartPage::leftoverKept);
  connect(leftovers_, &LeftoverCard::discardWanted, this, &StartPage::leftoverDiscarded);
  rebuildOptions();
  refreshValidation();
  setRecent({});
}

QWidget* StartPage::makeQuickCard() {
  auto* card = new QWidget;
  card->setObjectName(QStringLiteral("startCard"));
  card->setAttribute(Qt::WA_StyledBackground);
  auto* layout = new QVBoxLayout(card);
  layout->setContentsMargins(20, 18, 20, 18);
  layout->setSpacing(10);
  layout->addWidget(textLabel(tr("START HERE"), "section"));
  demo_ = new QPushButton(tr("Try the demo"));
  demo_->setObjectName(QStringLiteral("demoButton"));
  demo_->setProperty("role", "primary");
  demo_->setIcon(themedIcon(QStringLiteral("run"), &Theme::onSelection));
  demo_->setMinimumHeight(40);
  demo_->setToolTip(tr("Trains a small detector on made-up shapes; boxes are right within a minute"));
  layout->addWidget(demo_);
  layout->addWidget(textLabel(
      tr("A small detector learns coloured shapes while you look. Nothing to prepare."), "secondary"));
  auto* open = new QPushButton(tr("Open a recorded run…"));
  open->setObjectName(QStringLiteral("openRunButton"));
  open->setMinimumHeight(34);
  open->setToolTip(tr("A run folder written by this program (Ctrl+R)"));
  layout->addWidget(open);
  layout->addSpacing(8);
  layout->addWidget(textLabel(tr("RECENT"), "section"));
  auto* recent = new QWidget;
  recentLayout_ = new QVBoxLayout(recent);
  recentLayout_->setContentsMargins(0, 0, 0, 0);
  recentLayout_->setSpacing(0);
  layout->addWidget(recent);
  layout->addStretch(1);
  layout->addWidget(textLabel(tr("Folders and files can be dropped anywhere on the window."), "secondary"));
  connect(demo_, &QPushButton::clicked, this, &StartPage::demoWanted);
  connect(open, &QPushButton::clicked, this, [this] {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a recorded run"));
    if (!folder.isEmpty()) emit runWanted(folder);
  });
  return card;
}

QWidget* StartPage::makeDataCard() {
  auto* card = new QWidget;
  card->setObjectName(QStringLiteral("startCard"));
  card->setAttribute(Qt::WA_StyledBackground);
  card->setMinimumWidth(400);
  card->setMaximumWidth(820);
  auto* layout = new QVBoxLayout(card);
  layout->setContentsMargins(20, 18, 20, 18);
  layout->setSpacing(10);
  auto* head = new QHBoxLayout;
  head->addWidget(textLabel(tr("TRAIN ON YOUR DATA"), "section"), 1);
  presets_ = new QToolButton;
  presets_->setObjectName(QStringLiteral("presets"));
  presets_->setProperty("role", "link");
  presets_->setText(tr("presets ▾"));
  presets_->setToolTip(
      tr("Ready-made settings: each method as its paper has it, and sized for a few CPU cores"));
  presets_->setPopupMode(QToolButton::InstantPopup);
  presetsMenu_ = new QMenu(presets_);
  presetsMenu_->setToolTipsVisible(true);
  presets_->setMenu(presetsMenu_);
  connect(presetsMenu_, &QMenu::aboutToShow, this, [this] {
    fillPresetMenu(*presetsMenu_, [this](const ReadyRun& chosen) { choosePreset(chosen); });
  });
  head->addWidget(presets_);
  layout->addLayout(head);
  // Fields and options scroll together where there is no room for both.
  auto* body = new QWidget;
  auto* bodyLayout = new QVBoxLayout(body);
  bodyLayout->setContentsMargins(0, 0, 6, 0);
  bodyLayout->setSpacing(10);
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(8);

  data_ = new QLineEdit;
  data_->setObjectName(QStringLiteral("dataSpec"));
  data_->setPlaceholderText(tr("voc:DIR#train · coco:JSON,IMAGES · yolo:YAML#train · folder:DIR · demo"));
  data_->setToolTip(tr("Where the images and boxes are. #train and #val choose a split."));
  data_->setAccessibleName(tr("Data"));
  form->addRow(tr("Data"), dataLine(data_));
  validation_ = new QLineEdit;
  validation_->setObjectName(QStringLiteral("validationSpec"));
  validation_->setToolTip(
      tr("What average precision is measured on; left empty, the data's own validation split"));
  validation_->setAccessibleName(tr("Validation"));
  form->addRow(tr("Validation"), dataLine(validation_));

  method_ = new QComboBox;
  method_->setObjectName(QStringLiteral("method"));
  method_->setAccessibleName(tr("Method"));
  for (const MethodInfo& info : methodInfos()) {
    method_->addItem(declaredText(info.title), QString::fromStdString(info.name));
    method_->setItemData(method_->count() - 1, declaredText(info.description), Qt::ToolTipRole);
  }
  form->addRow(tr("Method"), chooserOf(method_, methodConflict_, methodPage_));
  methodPage_->setObjectName(QStringLiteral("methodPage"));
  methodPage_->setAccessibleName(tr("Read about this method"));
  methodPage_->setToolTip(tr("Read about this method: idea, formulas, what to look at (F1)"));
  methodHelp_ = new FittedLabel;
  methodHelp_->setObjectName(QStringLiteral("methodHelp"));
  methodHelp_->setProperty("role", "secondary");
  methodHelp_->setWordWrap(true);
  form->addRow(QString(), methodHelp_);
  model_ = new QComboBox;
  model_->setObjectName(QStringLiteral("model"));
  model_->setAccessibleName(tr("Detector"));
  for (const ModelInfo& info : modelInfos()) {
    model_->addItem(declaredText(info.title), QString::fromStdString(info.name));
    model_->setItemData(model_->count() - 1, declaredText(info.description), Qt::ToolTipRole);
  }
  form->addRow(tr("Detector"), chooserOf(model_, modelConflict_, modelPage_));
  modelPage_->setObjectName(QStringLiteral("modelPage"));
  modelPage_->setToolTip(tr("Read about this detector"));
  modelPage_->setAccessibleName(modelPage_->toolTip());
  for (const auto& [button, box] : {std::pair{methodPage_, method_}, std::pair{modelPage_, model_}})
    connect(button, &QToolButton::clicked, this,
            [this, box = box] { emit helpWanted(box->currentData().toString()); });

  const auto fileRow = [&](QLineEdit*& edit, const QString& title, const QString& placeholder,
                           const QString& help, auto choose) {
    auto* line = new QHBoxLayout;
    edit = new QLineEdit;
    edit->setAccessibleName(title);
    edit->setPlaceholderText(placeholder);
    edit->setToolTip(help);
    line->addWidget(edit, 1);
    auto* button = new QToolButton;
    button->setText(QStringLiteral("…"));
    button->setAccessibleName(tr("Browse: %1").arg(title));
    button->setToolTip(help);
    connect(button, &QToolButton::clicked, this, choose);
    line->addWidget(button);
    return line;
  };
  form->addRow(tr("Weights"),
               fileRow(weights_, tr("Weights"), tr("random (or a .pth / .safetensors file)"),
                       tr("torchvision's ResNets and retinanet_resnet50_fpn load by name"), [this] {
                         const QString file = QFileDialog::getOpenFileName(
                             this, tr("Weights"), {}, tr("Weights (*.pth *.pt *.safetensors)"));
                         if (!file.isEmpty()) weights_->setText(file);
                       }));
  form->addRow(tr("Record to"),
               fileRow(out_, tr("Record to"), tr("a temporary folder (choose one to keep the recording)"),
                       tr("A folder that will hold the run: evidence, curves, checkpoints"), [this] {
                         const QString folder = QFileDialog::getSaveFileName(this, tr("New run folder"));
                         if (!folder.isEmpty()) out_->setText(folder);
                       }));
  recording_ = new FittedLabel;
  recording_->setObjectName(QStringLiteral("recordForecast"));
  recording_->setProperty("role", "secondary");
  recording_->setWordWrap(true);
  recording_->setToolTip(
      tr("What recorded evidence will take on the disk: record every, probe count, evidence "
         "pairs and record budget under Training. The first step measures it."));
  form->addRow(QString(), recording_);
  bodyLayout->addLayout(form);

  options_ = new QTabWidget;
  options_->setDocumentMode(true);
  const auto addTab = [&](ParamForm*& formWidget, const QString& title) {
    formWidget = new ParamForm;
    formWidget->setContentsMargins(4, 8, 12, 8);
    options_->addTab(scrolled(formWidget), title);
    connect(formWidget, &ParamForm::validityChanged, this, &StartPage::refreshValidity);
    connect(formWidget, &ParamForm::paramEdited, this, &StartPage::refreshConflicts);
    connect(formWidget, &ParamForm::fixWanted, this, &StartPage::applyFix);
  };
  addTab(trainForm_, tr("Training"));
  addTab(methodForm_, tr("Method"));
  addTab(modelForm_, tr("Detector"));
  addTab(dataForm_, tr("Augmentation"));
  options_->setMinimumHeight(160);
  bodyLayout->addWidget(options_, 1);
  body_ = scrolled(body);
  layout->addWidget(body_, 1);

  auto* foot = new QHBoxLayout;
  problem_ = new QLabel;
  problem_->setObjectName(QStringLiteral("startProblem"));
  problem_->setProperty("role", "error");
  problem_->setWordWrap(true);
  foot->addWidget(problem_, 1);
  problemLink_ = new QPushButton;
  problemLink_->setObjectName(QStringLiteral("startProblemLink"));
  problemLink_->setProperty("role", "link");
  problemLink_->setCursor(Qt::PointingHandCursor);
  problemLink_->hide();
  foot->addWidget(problemLink_);
  startPaused_ = new QCheckBox(tr("start paused"));
  startPaused_->setObjectName(QStringLiteral("startPaused"));
  startPaused_->setToolTip(
      tr("Show what every anchor does at step 0 and wait for Run before anything is trained"));
  foot->addWidget(startPaused_);
  start_ = new QPushButton(tr("Start training"));
  start_->setObjectName(QStringLiteral("startButton"));
  start_->setProperty("role", "primary");
  start_->setMinimumHeight(34);
  foot->addWidget(start_);
  layout->addLayout(foot);

  connect(method_, &QComboBox::currentIndexChanged, this, &StartPage::rebuildOptions);
  connect(model_, &QComboBox::currentIndexChanged, this, &StartPage::rebuildOptions);
  connect(start_, &QPushButton::clicked, this, &StartPage::start);
  connect(data_, &QLineEdit::returnPressed, this, &StartPage::start);
  connect(data_, &QLineEdit::textChanged, this, &StartPage::refreshValidity);
  connect(data_, &QLineEdit::editingFinished, this, &StartPage::refreshValidation);
  connect(validation_, &QLineEdit::returnPressed, this, &StartPage::start);
  connect(problemLink_, &QPushButton::clicked, this, [this] {
    if (tellsConflict_)
      revealFirstConflict()->setFocus(Qt::OtherFocusReason);
    else
      emit runWanted(takenFolder_);
  });
  return card;
}

void StartPage::rebuildOptions() {
  const auto made = makeRunConfig(method_->currentData().toString().toStdString(),
                                  model_->currentData().toString().toStdString());
  if (!made) {
    showProblem(QString::fromStdString(made.error().text()));
    return;
  }
  RunConfig fresh = *made;
  // What was typed for training stays when only the method or the detector changes.
  if (!config_.train.specs().empty())
    fresh.train = trainForm_->params().specs().empty() ? fresh.train : trainForm_->params();
  if (config_.method == fresh.method && !methodForm_->params().specs().empty())
    fresh.methodParams = methodForm_->params();
  if (config_.model == fresh.model && !modelForm_->params().specs().empty())
    fresh.modelParams = modelForm_->params();
  if (!dataForm_->params().specs().empty()) fresh.dataParams = dataForm_->params();
  config_ = std::move(fresh);
  showConfig();
  if (!conflicts_.empty()) revealFirstConflict();
}

void StartPage::showConfig() {
  trainForm_->setParams(config_.train, QStringLiteral("train."));
  methodForm_->setParams(config_.methodParams, QStringLiteral("method."));
  modelForm_->setParams(config_.modelParams, QStringLiteral("model."));
  dataForm_->setParams(config_.dataParams, QStringLiteral("data."));
  methodHelp_->setText(method_->currentData(Qt::ToolTipRole).toString());
  methodHelp_->setToolTip(methodHelp_->text());
  refreshConflicts();
}

QLayout* StartPage::dataLine(QLineEdit* spec) {
  auto* line = new QHBoxLayout;
  line->addWidget(spec, 1);
  auto* browse = new QToolButton;
  browse->setText(tr("Browse ▾"));
  browse->setPopupMode(QToolButton::InstantPopup);
  browse->setToolTip(tr("Choose a data set of one of the known formats"));
  auto* kinds = new QMenu(browse);
  for (const auto& [kind, text] : {std::pair{"voc", tr("PASCAL VOC folder…")},
                                   {"coco", tr("COCO annotation file…")},
                                   {"yolo", tr("YOLO data.yaml…")},
                                   {"folder", tr("Folder of images without boxes…")}})
    kinds->addAction(text, this, [this, spec, kind = QString::fromLatin1(kind)] { browseData(kind, spec); });
  browse->setMenu(kinds);
  line->addWidget(browse);
  return line;
}

QWidget* StartPage::chooserOf(QComboBox* box, ConflictLabel*& conflict, QToolButton*& help) {
  auto* host = new QWidget;
  auto* column = new QVBoxLayout(host);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2);
  auto* line = new QHBoxLayout;
  line->addWidget(box, 1);
  help = new QToolButton;
  help->setText(QStringLiteral("?"));
  line->addWidget(help);
  column->addLayout(line);
  conflict = new ConflictLabel;
  column->addWidget(conflict);
  connect(conflict, &ConflictLabel::fixWanted, this, &StartPage::applyFix);
  return host;
}

RunConfig StartPage::config() const {
  RunConfig config = config_;
  config.data = data_->text().trimmed().toStdString();
  config.validation = validation_->text().trimmed().toStdString();
  config.weights = weights_->text().trimmed().toStdString();
  config.out = out_->text().trimmed().toStdString();
  config.train = trainForm_->params();
  config.methodParams = methodForm_->params();
  config.modelParams = modelForm_->params();
  config.dataParams = dataForm_->params();
  return config;
}

void StartPage::setConfig(const RunConfig& config) {
  const auto choose = [](QComboBox* box, const std::string& name) {
    const QSignalBlocker quiet(box);
    box->setCurrentIndex(box->findData(QString::fromStdString(name)));
  };
  choose(method_, config.method);
  choose(model_, config.model);
  config_ = config;
  if (data_->text().trimmed().isEmpty()) data_->setText(QString::fromStdString(config.data));
  if (!config.validation.empty()) validation_->setText(QString::fromStdString(config.validation));
  if (!config.weights.empty()) weights_->setText(QString::fromStdString(config.weights));
  if (!config.out.empty()) out_->setText(QString::fromStdString(config.out));
  showConfig();
  refreshValidation();
  if (!conflicts_.empty()) revealFirstConflict();
}

void StartPage::refreshConflicts() {
  conflicts_ = conflictsOf(config());
  methodConflict_->clear();
  modelConflict_->clear();
  for (const OptionConflict& conflict : conflicts_) {
    if (conflict.option == "run.method") methodConflict_->showConflict(conflict);
    if (conflict.option == "run.model") modelConflict_->showConflict(conflict);
  }
  setInvalidLook(method_, !methodConflict_->text().isEmpty());
  setInvalidLook(model_, !modelConflict_->text().isEmpty());
  for (ParamForm* form : {trainForm_, methodForm_, modelForm_, dataForm_})
    form->setConflicts(conflicts_);
  const QString taken = QString::fromStdString(recordForecastText(config()));
  recording_->setText(taken.isEmpty() ? QString() : tr("Recording: %1.").arg(taken));
  refreshValidity();
}

void StartPage::applyFix(const QString& key, const QString& value) {
  RunConfig changed = config();
  if (const Status status = applySetting(changed, key.toStdString(), value.toStdString()); !status)
    showProblem(QString::fromStdString(status.error().text()));
  else
    setConfig(changed);
}

void StartPage::choosePreset(const ReadyRun& chosen) {
  setConfig(chosen.config);
  presets_->setText(tr("preset: %1 ▾").arg(chosen.name));
  presets_->setToolTip(chosen.title);
}

void StartPage::setDataSpec(const QString& spec) {
  data_->setText(spec);
  refreshValidation();
}

void StartPage::setLeftovers(const QList<LeftoverEntry>& entries) {
  leftovers_->setEntries(entries);
}

void StartPage::showProblem(const QString& text) {
  problem_->setText(text);
  problemLink_->hide();
}

void StartPage::showTakenFolder(const QString& folder) {
  problem_->setText(tr("'%1' holds a recorded run already. Choose another folder under “Record to”, or open "
                       "that run to look at it or go on training.")
                        .arg(folder));
  takenFolder_ = folder;
  problemLink_->setText(tr("Open that run"));
  problemLink_->show();
}

QWidget* StartPage::revealFirstConflict() {
  const QString key = QString::fromStdString(conflicts_.front().option);
  auto* editor = findChild<QWidget*>(key);
  int tab = 0;
  for (ParamForm* form : {trainForm_, methodForm_, modelForm_, dataForm_}) {
    if (editor && form->isAncestorOf(editor)) {
      options_->setCurrentIndex(tab);
      form->scrollTo(key);
    }
    ++tab;
  }
  if (!editor) editor = key == QLatin1String("run.model") ? model_ : method_;
  body_->ensureWidgetVisible(editor);
  return editor;
}

void StartPage::refreshValidity() {
  const bool named = !data_->text().trimmed().isEmpty();
  bool valid = named && conflicts_.empty();
  int tab = 0;
  for (const ParamForm* form : {trainForm_, methodForm_, modelForm_, dataForm_}) {
    valid = valid && form->valid();
    const bool wrong = !form->valid() || form->hasConflicts();
    options_->setTabIcon(tab, wrong ? themedIcon(QStringLiteral("warning"), &Theme::failed) : QIcon());
    options_->setTabToolTip(tab, wrong ? tr("An option here is not right yet") : QString());
    ++tab;
  }
  start_->setEnabled(valid);
  start_->setToolTip(valid                 ? tr("Open the data and start training (Return)")
                     : !conflicts_.empty() ? tr("Some choices do not go together yet")
                     : !named              ? tr("Name a data set first")
                                           : tr("An option above is not valid yet"));
  if (!conflicts_.empty()) {
    const OptionConflict& first = conflicts_.front();
    QString text =
        tr("%1. %2.").arg(QString::fromStdString(first.message), QString::fromStdString(first.action));
    if (conflicts_.size() > 1) text += tr(" (%1 more marked above)").arg(conflicts_.size() - 1);
    problem_->setText(text);
    problemLink_->setText(tr("Show it"));
    problemLink_->show();
  } else if (valid || tellsConflict_) {
    problem_->clear();
    problemLink_->hide();
  }
  tellsConflict_ = !conflicts_.empty();
}

void StartPage::refreshValidation() {
  const std::string spec = data_->text().trimmed().toStdString();
  const QString own = spec.empty() ? QString() : QString::fromStdString(validationSpec(spec));
  validation_->setPlaceholderText(own.isEmpty() ? tr("none: name one to measure average precision") : own);
  if (spec.empty()) validation_->setPlaceholderText(tr("the data's own validation split"));
}

void StartPage::browseData(const QString& kind, QLineEdit* target) {
  QString path;
  if (kind == QLatin1String("coco"))
    path = QFileDialog::getOpenFileName(this, tr("COCO annotations"), {}, tr("COCO annotations (*.json)"));
  else if (kind == QLatin1String("yolo"))
    path = QFileDialog::getOpenFileName(this, tr("YOLO data set"), {}, tr("YOLO data set (*.yaml *.yml)"));
  else
    path = QFileDialog::getExistingDirectory(
        this, kind == QLatin1String("voc") ? tr("PASCAL VOC folder") : tr("Folder of images"));
  if (path.isEmpty()) return;
  if (kind == QLatin1String("folder")) {
    target->setText(QStringLiteral("folder:") + path);
    refreshValidation();
    return;
  }
  const QString spec = guessDataSpec(path);
  if (spec.startsWith(kind))
    target->setText(spec);
  else
    showProblem(tr("'%1' does not look like a %2 data set").arg(path, kind.toUpper()));
  refreshValidation();
}

void StartPage::start() {
  refreshValidity();
  if (!start_->isEnabled()) return;
  emit startWanted(config(), startPaused_->isChecked());
}

void StartPage::setRecent(const QStringList& entries) {
  while (QLayoutItem* item = recentLayout_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();  // one of them may have been clicked for this
    delete item;
  }
  if (entries.isEmpty())
    recentLayout_->addWidget(textLabel(tr("Nothing yet: what you open is listed here."), "secondary"));
  for (const QString& entry : entries) {
    auto* link = new QPushButton(fontMetrics().elidedText(entry, Qt::ElideMiddle, 240));
    link->setProperty("role", "link");
    link->setToolTip(entry);
    link->setCursor(Qt::PointingHandCursor);
    const bool isRun = QDir::isAbsolutePath(entry);
    connect(link, &QPushButton::clicked, this, [this, entry, isRun] {
      if (isRun)
        emit runWanted(entry);
      else
        setDataSpec(entry);
    });
    recentLayout_->addWidget(link);
  }
}

}  // namespace anchorscope
