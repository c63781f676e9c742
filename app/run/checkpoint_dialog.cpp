#include "app/run/checkpoint_dialog.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QDateTime>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "core/base/check.h"
#include "core/session/journal.h"
#include "core/store/run_writer.h"
#include "core/trainer/evaluation.h"
#include "core/trainer/run_config.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/evaluation_panel.h"
#include "widgets/panels/param_form.h"

namespace anchorscope {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("CheckpointDialog", text);
}

QString text(const std::string& text) {
  return QString::fromStdString(text);
}

/// A checkpoint, with the options as they were before, or after, those were changed while the run stood
/// there.
struct Place {
  const CheckpointEntry* checkpoint = nullptr;
  bool before = false;
};

/// Of each option its first value at that step.
std::vector<std::pair<std::string, std::string>> valuesBefore(const CheckpointEntry& checkpoint) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const ParameterChange& change : checkpoint.changes)
    if (std::ranges::none_of(out, [&](const auto& entry) { return entry.first == change.key; }))
      out.emplace_back(change.key, change.before);
  return out;
}

QString describe(const Place& place) {
  if (place.checkpoint->changes.empty()) return {};
  QStringList changes;
  for (const ParameterChange& change : place.checkpoint->changes)
    changes << text(changeText(change));
  return (place.before ? tr("before %1") : tr("with %1")).arg(changes.join(QStringLiteral(", ")));
}

class CheckpointDialog : public QDialog {
 public:
  CheckpointDialog(QWidget* window, const GoBackOffer& offer) : QDialog(window), offer_(offer) {
    setWindowTitle(tr("Go back to a checkpoint"));
    auto* outer = new QVBoxLayout(this);
    outer->setSpacing(10);
    auto* sides = new QHBoxLayout;
    sides->setSpacing(18);
    auto* column = new QVBoxLayout;
    column->setSpacing(10);
    sides->addLayout(column, 3);
    makeTable(*column);
    makeWays(*column);
    makeOptions(*column, *sides);
    outer->addLayout(sides, 1);
    error_ = new QLabel;
    error_->setObjectName(QStringLiteral("goBackError"));
    error_->setProperty("role", "error");
    error_->setWordWrap(true);
    error_->hide();
    outer->addWidget(error_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    buttons->setObjectName(QStringLiteral("goBackButtons"));
    goAhead_ = buttons->addButton(QString(), QDialogButtonBox::AcceptRole);
    goAhead_->setDefault(true);
    buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);
    outer->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(goAhead_, &QPushButton::clicked, this, &CheckpointDialog::tryToAccept);
    connect(table_, &QTreeWidget::currentItemChanged, this, [this] { showPlace(); });
    connect(fork_, &QRadioButton::toggled, this, [this] { showConsequences(); });
    choose();
    resize(kWidth, sizeHint().height());
  }

  GoBack wanted() const {
    GoBack out;
    out.step = place().checkpoint->step;
    out.fork = fork_->isChecked();
    out.folder = out.fork ? folder_->text().trimmed() : QString();
    out.settings = settings();
    return out;
  }

 private:
  static constexpr int kWidth = 620, kOptionsWidth = 400;

  void makeTable(QVBoxLayout& column) {
    table_ = new QTreeWidget;
    table_->setObjectName(QStringLiteral("checkpoints"));
    table_->setRootIsDecorated(false);
    table_->setUniformRowHeights(true);
    table_->setAllColumnsShowFocus(true);
    table_->setHeaderLabels({tr("Step"), tr("Written"), tr("AP"), tr("Options")});
    table_->header()->setStretchLastSection(true);
    table_->setMinimumHeight(150);
    for (auto entry = offer_.list.checkpoints.rbegin(); entry != offer_.list.checkpoints.rend(); ++entry) {
      if (!entry->changes.empty()) addRow({&*entry, false});
      addRow({&*entry, true});
    }
    for (int i = 0; i < 3; ++i)
      table_->resizeColumnToContents(i);
    column.addWidget(table_, 1);
  }

  void addRow(const Place& place) {
    const CheckpointEntry& entry = *place.checkpoint;
    auto* item = new QTreeWidgetItem(
        table_, {countText(entry.step),
                 QLocale().toString(QDateTime::fromSecsSinceEpoch(entry.writtenAt), QLocale::ShortFormat),
                 entry.ap < 0 ? QStringLiteral("–") : precisionText(entry.ap), describe(place)});
    item->setTextAlignment(0, Qt::AlignRight | Qt::AlignVCenter);
    item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    item->setToolTip(3, item->text(3));
    places_.push_back(place);
  }

  void makeWays(QVBoxLayout& column) {
    const auto note = [&](const char* name) {
      auto* label = new QLabel;
      label->setObjectName(QLatin1String(name));
      label->setProperty("role", "secondary");
      label->setWordWrap(true);
      label->setIndent(22);
      return label;
    };
    rewind_ = new QRadioButton(tr("&Rewind this run"));
    rewind_->setObjectName(QStringLiteral("rewindHere"));
    fork_ = new QRadioButton(tr("&Fork it: go on as a new run"));
    fork_->setObjectName(QStringLiteral("forkIt"));
    (offer_.fork ? fork_ : rewind_)->setChecked(true);
    rewindNote_ = note("rewindNote");
    forkNote_ = note("forkNote");
    auto* line = new QHBoxLayout;
    line->setContentsMargins(22, 0, 0, 0);
    folder_ = new QLineEdit(offer_.folder);
    folder_->setObjectName(QStringLiteral("forkFolder"));
    folder_->setAccessibleName(tr("Folder of the new run"));
    folder_->setPlaceholderText(tr("A temporary folder, which can be kept later"));
    auto* browse = new QToolButton;
    browse->setText(tr("Choose…"));
    line->addWidget(folder_, 1);
    line->addWidget(browse);
    connect(browse, &QToolButton::clicked, this, [this] {
      const QString chosen = QFileDialog::getSaveFileName(this, tr("Folder of the new run"), folder_->text(),
                                                          {}, nullptr, QFileDialog::DontConfirmOverwrite);
      if (!chosen.isEmpty()) folder_->setText(chosen);
    });
    connect(folder_, &QLineEdit::textEdited, fork_, [this] { fork_->setChecked(true); });
    column.addWidget(rewind_);
    column.addWidget(rewindNote_);
    column.addWidget(fork_);
    column.addLayout(line);
    column.addWidget(forkNote_);
  }

  /// Beside the rest, so that a small screen holds both.
  void makeOptions(QVBoxLayout& column, QHBoxLayout& sides) {
    others_ = new QCheckBox(tr("With &other options"));
    others_->setObjectName(QStringLiteral("otherOptions"));
    column.addWidget(others_);
    options_ = new QWidget;
    auto* inner = new QVBoxLayout(options_);
    inner->setContentsMargins(0, 0, 0, 0);
    auto* search = new QLineEdit;
    search->setObjectName(QStringLiteral("goBackSearch"));
    search->setPlaceholderText(tr("Search options"));
    search->setAccessibleName(tr("Search options"));
    inner->addWidget(search);
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    form_ = new ParamForm;
    scroll->setWidget(form_);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    inner->addWidget(scroll, 1);
    changes_ = new QLabel;
    changes_->setObjectName(QStringLiteral("goBackChanges"));
    changes_->setWordWrap(true);
    changes_->setTextFormat(Qt::PlainText);
    inner->addWidget(changes_);
    sides.addWidget(options_, 2);
    options_->hide();
    connect(search, &QLineEdit::textChanged, form_, &ParamForm::setFilter);
    connect(others_, &QCheckBox::toggled, this, [this](bool on) {
      options_->setVisible(on);
      if (!on) showPlace();  // none, then
      resize(on ? kWidth + kOptionsWidth : kWidth, height());
    });
    connect(form_, &ParamForm::paramEdited, this, [this] { judge(); });
    connect(form_, &ParamForm::validityChanged, this, [this] { judge(); });
  }

  const Place& place() const {
    return places_[static_cast<std::size_t>(table_->indexOfTopLevelItem(table_->currentItem()))];
  }

  /// The nearest up to the step that was asked for, as the run went on from there.
  void choose() {
    int chosen = 0;
    for (int i = static_cast<int>(places_.size()) - 1; i >= 0; --i)
      if (offer_.step >= 0 && places_[static_cast<std::size_t>(i)].checkpoint->step <= offer_.step)
        chosen = i;
    if (offer_.step >= 0 && places_.back().checkpoint->step > offer_.step)
      chosen = static_cast<int>(places_.size()) - 1;
    table_->setCurrentItem(table_->topLevelItem(chosen));
    table_->setFocus();
  }

  void showPlace() {
    const Place& at = place();
    base_.reset();
    auto config = configOfCheckpoint(at.checkpoint->path);
    unreadable_ = config ? QString() : text(config.error().text());
    if (config) {
      base_ = *std::move(config);
      // The file holds the options of one moment of its step; the journal says which they were before and
      // after.
      for (const auto& [key, value] : valuesBefore(*at.checkpoint))
        if (!applySetting(*base_, key, value)) continue;  // the data's place
      if (!at.before)
        for (const ParameterChange& change : at.checkpoint->changes)
          if (!applySetting(*base_, change.key, change.after)) continue;
      ParamSet all;
      all.merge(base_->train, "train");
      all.merge(base_->methodParams, "method");
      form_->setParams(all, {}, ParamScope::kLive);
    }
    showConsequences();
  }

  void showConsequences() {
    const std::int64_t step = place().checkpoint->step, last = offer_.list.lastStep;
    const auto later = std::ranges::count_if(offer_.list.checkpoints,
                                             [&](const CheckpointEntry& entry) { return entry.step > step; });
    QString removed =
        last > step
            ? tr("Removes for good what was recorded after step %1: %2, up to step %3%4.")
                  .arg(countText(step), countText(last - step, noun::kSteps), countText(last),
                       later > 0 ? tr(", and their checkpoints (%1)").arg(countText(later)) : QString())
            : tr("Nothing was recorded after it: nothing is removed.");
    rewindNote_->setText(removed);
    forkNote_->setText(
        offer_.training
            ? tr("The run that trains is stopped at its present step, with a checkpoint, and stays.")
            : tr("This run stays as it is."));
    goAhead_->setText(fork_->isChecked() ? tr("Fork from step %1").arg(countText(step))
                                         : tr("Rewind to step %1").arg(countText(step)));
    judge();
  }

  std::vector<std::pair<std::string, std::string>> settings() const {
    std::vector<std::pair<std::string, std::string>> out;
    if (place().before) out = valuesBefore(*place().checkpoint);
    if (!base_) return out;
    ParamSet before;
    before.merge(base_->train, "train");
    before.merge(base_->methodParams, "method");
    for (const ParamSpec& spec : before.specs())
      if (const std::string value = toText(form_->params().get(spec.name));
          value != toText(before.get(spec.name)))
        out.emplace_back(spec.name, value);
    return out;
  }

  /// What of it does not go together, or leads nowhere.
  void judge() {
    QString problem = unreadable_;
    if (base_) {
      RunConfig config = *base_;
      QStringList changed;
      for (const auto& [key, value] : settings()) {
        if (!applySetting(config, key, value)) continue;
        changed << QStringLiteral("%1 = %2").arg(text(key), text(value));
      }
      changes_->setText(changed.isEmpty() ? tr("No option is changed.")
                                          : changed.join(QStringLiteral(" · ")));
      const auto conflicts = conflictsOf(config);
      form_->setConflicts(conflicts);
      if (!conflicts.empty()) problem = text(conflicts.front().message + ". " + conflicts.front().action);
      const std::int64_t step = place().checkpoint->step,
                         planned = config.train.knowsSteps("steps") ? config.train.getInt("steps") : 0;
      if (problem.isEmpty() && planned > 0 && planned <= step)
        problem = tr("All %1 planned steps are done there: give more steps under \"With other options\".")
                      .arg(countText(planned));
    }
    error_->setText(problem);
    error_->setVisible(!problem.isEmpty());
    goAhead_->setEnabled(problem.isEmpty() && form_->valid());
  }

  void tryToAccept() {
    if (fork_->isChecked() && !folder_->text().trimmed().isEmpty())
      if (const Status free = checkRunFolder(folder_->text().trimmed().toStdString(), Overwrite::kNo);
          !free) {
        error_->setText(text(free.error().message + ". " + tr("Choose another folder.").toStdString()));
        error_->show();
        folder_->setFocus();
        return;
      }
    accept();
  }

  const GoBackOffer& offer_;
  std::vector<Place> places_;      ///< Of the rows.
  std::optional<RunConfig> base_;  ///< The options there; none where the checkpoint cannot be read.
  QString unreadable_;
  QTreeWidget* table_ = nullptr;
  QRadioButton *rewind_ = nullptr, *fork_ = nullptr;
  QLabel *rewindNote_ = nullptr, *forkNote_ = nullptr, *changes_ = nullptr, *error_ = nullptr;
  QLineEdit* folder_ = nullptr;
  QCheckBox* others_ = nullptr;
  QWidget* options_ = nullptr;
  ParamForm* form_ = nullptr;
  QPushButton* goAhead_ = nullptr;
};

}  // namespace

std::optional<GoBack> askWhereBack(QWidget* window, const GoBackOffer& offer) {
  CheckpointDialog dialog(window, offer);
  return dialog.exec() == QDialog::Accepted ? std::optional(dialog.wanted()) : std::nullopt;
}

}  // namespace anchorscope
