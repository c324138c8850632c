//! What a publisher relies on in Keystone, Glance, Nova and Cinder, case by case.
//!
//! Every case runs on the embedded cloud of the testkit and on a real one, so that the embedded
//! one stays what it claims to be. Where they differ, the real one is right.
//!
//! The real cloud is named by `BONAFIDE_TEST_CLOUDS` (the path of a `clouds.yaml` with the clouds
//! `admin`, `publisher`, `customer`, `customer2` and `publisher-appcred`) and
//! `BONAFIDE_TEST_STORE` (the directory of its default file store). Without them that half is
//! skipped and says so; with `CI=true` it fails. Cases use ids of their own, delete what they
//! make and do not mind other images. What customers have of them is seeded by
//! `tests/openstack/use`, so the real cloud has to be one that `tests/openstack/up` started. One
//! case puts Nova's servers out of reach for some seconds: whoever minds holds the file
//! `use-nova.lock` beside `clouds.yaml` locked, shared.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

mod cloud;
mod command;
mod content;
mod customers;
mod identity;
mod images;
mod list;
mod logins;
mod members;
mod patch;
mod raw;
mod services;
mod stores;
mod upload;
mod usage;
mod visibility;

/// Makes two tests of every case: `embedded::AREA::CASE` and `real::AREA::CASE`. A case that is
/// missing here is dead code, which the compiler reports.
macro_rules! contract {
    ($($area:ident { $($case:ident,)* })*) => {
        contract!(@on embedded { $($area { $($case,)* })* });
        contract!(@on real { $($area { $($case,)* })* });
    };
    (@on $cloud:ident { $($area:ident { $($case:ident,)* })* }) => {
        mod $cloud {
            $(mod $area {
                $(#[tokio::test]
                async fn $case() {
                    crate::cloud::$cloud(crate::$area::$case).await;
                })*
            })*
        }
    };
}

contract! {
    content {
        another_media_type_is_refused,
        bytes_that_are_not_of_the_format_are_refused_and_block_the_image,
        a_disk_that_refers_to_other_files_is_refused,
        a_disk_cut_to_its_header_is_not_noticed,
        a_disk_cut_inside_its_header_is_refused,
        whatever_is_declared_raw_is_taken,
        an_image_without_formats_takes_no_bytes,
        an_unknown_store_is_refused,
    }
    identity {
        a_password_gives_a_token_with_project_roles_and_catalog,
        an_application_credential_gives_a_token_of_its_project,
        an_application_credential_can_not_ask_for_a_scope,
        an_application_credential_with_a_wrong_secret_is_refused,
        wrong_password_user_and_project_get_the_same_answer,
        without_a_scope_the_default_project_or_nothing_is_meant,
        a_token_tells_when_it_expires,
        a_token_from_a_token_does_not_live_longer,
        the_catalog_names_the_image_service_without_a_version,
        a_catalog_has_no_endpoint_in_another_region,
        no_token_and_a_wrong_token_are_refused,
        a_revoked_token_is_refused_at_once,
        a_refused_token_is_replaced_and_the_request_repeated,
    }
    images {
        a_new_image_waits_for_its_data,
        create_answers_with_location_and_defaults,
        second_create_with_the_same_id_is_a_conflict,
        the_id_of_a_deleted_image_is_never_free_again,
        a_property_that_is_no_text_is_refused,
        attributes_of_the_wrong_type_are_refused,
        reserved_and_read_only_names_are_refused,
        a_hash_given_at_create_is_ignored,
        an_image_for_another_project_needs_an_administrator,
        a_public_image_needs_an_administrator,
        texts_keep_their_letters_but_not_beyond_the_basic_plane,
        more_properties_than_the_quota_are_too_large,
        a_body_that_is_no_json_is_refused,
        errors_are_html_unless_json_is_asked_for,
        a_deleted_image_is_gone,
        a_protected_image_is_not_deleted,
        a_foreign_image_is_not_deleted,
    }
    list {
        properties_are_compared_exactly_and_all_of_them,
        an_unknown_filter_is_a_property_that_nothing_has,
        tags_are_compared_all_of_them,
        owner_status_and_visibility_are_filters,
        names_are_compared_exactly_whatever_is_in_them,
        all_pages_are_followed,
        the_next_page_is_a_path_and_full_pages_have_one,
        a_limit_of_zero_is_an_empty_list,
        values_that_make_no_sense_are_refused,
        lists_are_sorted_as_asked,
        several_names_are_asked_for_at_once,
    }
    logins {
        a_token_is_exchanged_for_one_of_a_project,
        an_unscoped_token_says_that_a_project_is_missing,
        what_the_access_rules_name_is_allowed_and_nothing_else,
        access_rules_of_another_service_do_not_open_the_image_service,
        a_password_that_is_not_enough_gets_a_receipt,
        a_password_and_a_passcode_give_a_token_at_once_or_by_a_receipt,
    }
    members {
        a_member_sees_an_image_at_once_and_lists_it_when_it_accepts,
        the_owner_sees_all_members_and_a_member_itself,
        the_owner_does_not_accept_for_a_member_and_an_administrator_does,
        a_word_that_is_none_is_refused,
        a_member_is_added_once,
        a_removed_member_sees_the_image_no_more,
        members_are_for_the_owner_to_choose,
        only_shared_images_have_members,
        members_and_their_word_outlive_other_visibilities,
    }
    patch {
        one_patch_changes_everything_that_publishing_needs,
        another_media_type_is_refused,
        set_overwrites_what_is_there,
        what_is_absent_is_neither_replaced_nor_removed,
        read_only_attributes_are_refused,
        names_that_glance_keeps_for_itself_are_refused,
        all_operations_are_applied_or_none,
        the_last_operation_on_a_property_counts,
        a_property_that_is_no_text_is_refused,
        malformed_operations_are_refused,
        attributes_of_every_image_are_not_removed,
        the_format_changes_only_while_the_image_waits,
        public_needs_an_administrator_and_community_does_not,
        a_public_image_is_still_its_owners_to_change,
        the_owner_changes_only_by_an_administrator,
        names_with_signs_of_json_pointers_are_set_and_removed,
        a_foreign_image_is_not_changed,
    }
    services {
        nova_refuses_the_servers_of_all_and_cinder_shows_ones_own,
        soft_deleted_servers_are_listed_to_administrators_who_ask,
        an_unknown_version_is_refused,
        an_absent_marker_is_a_bad_request_to_nova_and_not_found_by_cinder,
        a_limit_is_a_number_and_may_be_zero,
        a_status_that_is_none_is_refused,
        a_foreign_project_in_the_path_is_refused,
        an_unknown_path_is_not_found_in_no_version,
    }
    stores {
        everybody_lists_the_stores_and_one_is_the_default,
        an_upload_goes_to_the_store_that_it_names,
    }
    upload {
        an_uploaded_image_is_active_with_its_sizes_and_hashes,
        an_upload_answers_204_without_a_body,
        an_active_image_takes_no_other_bytes,
        a_refusal_comes_back_although_much_is_still_to_be_sent,
        a_body_that_fails_leaves_the_image_waiting_and_nothing_in_the_store,
        an_upload_that_is_dropped_leaves_the_image_waiting,
        a_connection_lost_anywhere_in_a_chunked_body_leaves_the_image_waiting,
        a_connection_lost_before_the_announced_length_leaves_the_image_waiting,
        a_truncated_body_that_ends_properly_is_a_whole_image,
        a_truncated_body_is_refused_if_its_size_was_announced,
        a_change_during_an_upload_is_accepted_and_lost,
        a_second_upload_at_the_same_time_is_a_conflict,
        an_image_deleted_during_its_upload_is_gone,
        a_token_is_only_looked_at_when_an_upload_begins,
        an_upload_with_a_wrong_token_is_refused,
        only_the_owner_uploads,
    }
    usage {
        everything_that_needs_an_image_is_found,
        snapshots_of_servers_are_found_whoever_may_see_them,
        servers_out_of_reach_are_a_gap,
        without_the_role_admin_nothing_is_asked,
    }
    visibility {
        a_private_image_is_its_owners,
        a_public_image_is_everybodys,
        a_community_image_is_for_those_who_ask,
        a_shared_image_is_shown_and_listed_to_its_owner_only,
        a_hidden_image_is_shown_but_only_listed_on_request,
        an_image_without_data_is_listed_too,
        an_image_without_data_has_nothing_to_download,
        a_deactivated_image_gives_its_data_to_nobody_but_administrators,
        only_images_with_data_of_ones_own_are_deactivated,
        the_owner_chooses_who_sees_an_image_but_for_everybody,
        an_administrator_lists_all_images_by_two_requests,
        what_is_no_id_is_not_found,
    }
}
