#include "widgets/notify/notifier.h"

#include <algorithm>
#include <utility>

#include "widgets/models/number_text.h"

namespace anchorscope {

Message messageOf(const Error& error, MessageScope scope) {
  return {error.code == ErrorCode::kCancelled ? MessageKind::kNote : MessageKind::kError,
          QString::fromStdString(error.text()),
          QString::fromStdString(error.details),
          scope,
          {}};
}

Notifier::Notifier(QObject* parent) : QObject(parent) {}

bool Notifier::waits(const QString& key) const {
  return std::ranges::find(messages_, key, &Message::key) != messages_.end();
}

void Notifier::tell(Message message) {
  if (message.key.isEmpty()) message.key = message.text;
  messages_.removeIf([&](const Message& waiting) { return waiting.key == message.key; });
  messages_.push_front(std::move(message));
  emit changed();
}

bool Notifier::tellOnce(Message message) {
  if (message.key.isEmpty()) message.key = message.text;
  const bool first = !told_.contains(message.key);
  told_.insert(message.key);
  if (first || waits(message.key)) tell(std::move(message));
  return first;
}

void Notifier::retell(Message message, bool news) {
  if (news || waits(message.key)) tell(std::move(message));
}

void Notifier::withdraw(const QString& key) {
  if (messages_.removeIf([&](const Message& waiting) { return waiting.key == key; }) > 0) emit changed();
}

bool Notifier::tellEntry(const RunEvent& entry) {
  if (entry.kind != "thinned" && entry.kind != "error") return false;
  const QString text = QString::fromStdString(entry.text);
  if (tellOnce({MessageKind::kWarning, text, {}, MessageScope::kRun, {}}))
    problems_.add({tr("step %1").arg(countText(entry.step)), QString::fromStdString(entry.kind), text, {}});
  return true;
}

void Notifier::tellRecords(const Diagnostics& diagnostics) {
  if (diagnostics.empty()) return;
  problems_.add(diagnostics);
  const auto bad = diagnostics.countsOfBad();
  if (bad.empty()) return;  // What was noted of good records is in the list.
  const std::size_t kindsBefore = badCounts_.size();
  for (const auto& [kind, count] : bad)
    badCounts_[kind] += count;
  QStringList counts;
  for (const auto& [kind, count] : badCounts_)
    counts << tr("%1 × %2").arg(countText(static_cast<qint64>(count)), QString::fromStdString(kind));
  retell(
      {MessageKind::kWarning,
       tr("Some records of the data set are not used as they stand: %1. View ▸ Runs ▸ Problems lists each.")
           .arg(counts.join(QStringLiteral(", "))),
       {},
       MessageScope::kRun,
       QStringLiteral("records")},
      badCounts_.size() > kindsBefore);
}

void Notifier::tellFailure(const Error& error, const QString& culpritImage) {
  tellOnce(messageOf(error, MessageScope::kRun));
  problems_.amend(QString::fromStdString(error.text()),
                  {culpritImage, QString::fromLatin1(toString(error.code)),
                   QString::fromStdString(error.message), QString::fromStdString(error.action)});
}

void Notifier::beginRun() {
  told_.clear();
  badCounts_.clear();
  messages_.removeIf([](const Message& waiting) { return waiting.scope == MessageScope::kRun; });
  problems_.beginRun();
  emit changed();
}

void Notifier::dismiss() {
  if (messages_.isEmpty()) return;
  messages_.removeFirst();
  emit changed();
}

void Notifier::dismissAll() {
  messages_.clear();
  emit changed();
}

QStringList Notifier::pending() const {
  QStringList texts;
  for (const Message& message : messages_)
    texts << message.text;
  return texts;
}

}  // namespace anchorscope
