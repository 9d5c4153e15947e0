import type { Component } from 'svelte';
import CalendarDays from '@lucide/svelte/icons/calendar-days';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import CircleUserRound from '@lucide/svelte/icons/circle-user-round';
import HeartPulse from '@lucide/svelte/icons/heart-pulse';
import Inbox from '@lucide/svelte/icons/inbox';
import ListChecks from '@lucide/svelte/icons/list-checks';
import PlugZap from '@lucide/svelte/icons/plug-zap';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import UsersRound from '@lucide/svelte/icons/users-round';
import type { User } from '../api/types';
import { admin } from '../i18n/admin';
import { staff } from '../i18n/staff';

export interface StaffLink {
  path: string;
  name: string;
  icon: Component<{ size?: number }>;
}

/** The pages of this person, in the current language. */
export function staffLinks(user: User): StaffLink[] {
  const [text, t] = [staff.t, admin.t];
  const installation = [
    { path: '/team', name: text.team, icon: UsersRound },
    { path: '/statistics', name: t.statisticsTitle, icon: ChartColumn },
    { path: '/jobs', name: t.jobsTitle, icon: ListChecks },
    { path: '/integrations', name: t.integrationsTitle, icon: PlugZap },
    { path: '/outbox', name: text.outbox, icon: Inbox },
    { path: '/audit', name: text.audit, icon: ScrollText },
    { path: '/system', name: t.systemTitle, icon: HeartPulse },
  ];
  return [
    { path: '/events', name: text.events, icon: CalendarDays },
    ...(user.role === 'admin' ? installation : []),
    { path: '/account', name: text.myAccount, icon: CircleUserRound },
  ];
}

/** Whether the page at `here` is that of `path`, or lies under it. */
export const isAt = (here: string, path: string): boolean => here === path || here.startsWith(`${path}/`);
